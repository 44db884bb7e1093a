// The extent of a mention: its ends moved by mouse or keys, its parts, and the words that say how the text asserts it.

const partsOf = entity => spansOf(entity).map(([start, end]) => ({start, end}));
const chosenEntity = () => view.selection.relation ? null : view.entities.get(view.selection.entity) || null;
const canMove = id => Boolean(session.ticket) && !session.submitted && !view.selection.relation && view.selection.entity === id;

// Parts in text order; those with nothing but blanks between them are one.
function joinParts(parts) {
  const joined = [];
  for (const part of [...parts].sort((a, b) => a.start - b.start)) {
    const last = joined[joined.length - 1];
    const gap = last && part.start > last.end ? view.index.slice(last.end, part.start) : '';
    if (last && !gap.trim()) last.end = Math.max(last.end, part.end);
    else joined.push({...part});
  }
  return joined;
}

// Asks for the new extent; quiet where it is the old one.
async function moveTo(entity, wanted) {
  const parts = joinParts(wanted), spans = parts.map(({start, end}) => [start, end]);
  if (JSON.stringify(spans) === JSON.stringify(spansOf(entity))) return false;
  const fields = {entity: entity.id, start: parts[0].start, end: parts[parts.length - 1].end};
  return edit('move_boundary', spans.length > 1 ? {...fields, fragments: spans} : fields);
}

function openExtent(entity, part) {
  openMode({
    name: 'extent', entity, part, parts: partsOf(entity),
    ranges: () => place.mode.parts.map((range, n) => ({...range, kind: n === place.mode.part ? 'waiting' : 'coming'})),
  });
}

function startExtent() {
  const entity = chosenEntity();
  if (!entity) return say('Select a mention first, then press b to move its ends.');
  openExtent(entity, spansOf(entity).length - 1);
  return sayExtent();
}

function sayExtent() {
  const {parts, part} = place.mode;
  const now = view.index.slice(parts[part].start, parts[part].end);
  say(`“${now}”: arrows move its end, with Shift its beginning, with Alt by a character${parts.length > 1 ? ', Tab goes to the next part' : ''}. Enter keeps it, Esc leaves.`);
  sayStatus(now);
}

// Where an end of a word, or the next character, lies from a point; the point itself where there is none.
function stepPoint(point, by, side, byCharacter) {
  if (byCharacter) return Math.min(view.index.length, Math.max(0, point + by));
  const points = view.index.tokens.map(token => token[side]);
  const next = by > 0 ? points.find(other => other > point) : points.filter(other => other < point).pop();
  return next === undefined ? point : next;
}

function stretchPart(side, point) {
  const part = place.mode.parts[place.mode.part];
  const next = {...part, [side]: point};
  if (next.start >= next.end) return;
  place.mode.parts[place.mode.part] = next;
  showPlace();
}

function moveEnd(by, shift, alt) {
  const side = shift ? 'start' : 'end', part = place.mode.parts[place.mode.part];
  stretchPart(side, stepPoint(part[side], by, side, alt));
  sayExtent();
}

function nextPart(by) {
  const {mode} = place;
  mode.part = (mode.part + by + mode.parts.length) % mode.parts.length;
  showPlace();
  sayExtent();
}

function keepExtent() {
  const {entity, parts} = place.mode;
  endMode();
  return moveTo(entity, parts);
}

// An end of the selected mention, dragged: to whole words, or with Alt to the very characters.
function grabHandle(event) {
  const handle = event.target.closest('.handle');
  if (!handle || event.button) return;
  event.preventDefault();
  const {side} = handle.dataset, entity = view.entities.get(handle.dataset.entity);
  openExtent(entity, Number(handle.dataset.part));
  const isOpen = () => place.mode && place.mode.name === 'extent';
  const follow = move => {
    const point = pointAt(move);
    if (isOpen() && point !== null) stretchPart(side, move.altKey ? point : snapPoint(point, side));
  };
  window.addEventListener('mousemove', follow);
  window.addEventListener('mouseup', () => {
    window.removeEventListener('mousemove', follow);
    place.ignoreClick = true;
    setTimeout(() => { place.ignoreClick = false; }, 0);
    if (isOpen()) inOrder(keepExtent);
  }, {once: true});
}

// The outer end of the word at a point: its end, or its start.
function snapPoint(point, side) {
  const {tokens} = view.index;
  const token = side === 'end' ? tokens[Math.max(0, lastAt(tokens, point - 1))] : tokens.find(other => other.end > point);
  return token ? token[side] : point;
}

// The words that are marked next, by mouse or keys, go to `take`.
function askForWords(title, take, drop) {
  Object.assign(place, {range: null, anchor: null, cursorShown: true});
  openMode({name: 'words', take, drop});
  say(`${title} Drag over the words, or go to them with the arrow keys (Shift marks several) and press Enter.${drop ? ' Delete takes them away.' : ''} Esc leaves.`);
  parts.text.focus({preventScroll: true});
}

function takeWords(range) {
  const {take} = place.mode;
  endMode();
  if (range) place.token = Math.max(0, lastAt(view.index.tokens, range.start));
  setRange(null);
  return range ? take(range) : null;
}

const wordHere = () => place.range || view.index.tokens[place.token] || null;

function addPart() {
  const entity = chosenEntity();
  if (!entity) return say('Select a mention first, then press + to add a part to it.');
  return askForWords(`Which words belong to “${surfaceOf(view.index, entity)}” too?`, range => moveTo(entity, [...partsOf(entity), range]));
}

// Takes away the part under the cursor, else the last.
function dropPart() {
  const entity = chosenEntity();
  if (!entity) return say('Select a mention first.');
  const own = partsOf(entity);
  if (own.length < 2) return say('This mention has one part; Delete removes it.');
  const token = view.index.tokens[place.token];
  const here = token ? own.findIndex(({start, end}) => start <= token.start && token.start < end) : -1;
  const gone = here < 0 ? own.length - 1 : here;
  return moveTo(entity, own.filter((_, n) => n !== gone));
}

// Which words say that the mention is negated, uncertain and so on.
function startCue() {
  const entity = chosenEntity();
  if (!entity) return say('Select a mention first, then press w.');
  const {id, assertion} = entity;
  if (!ASSERTION_WORDS[assertion]) return say('Say first how the text asserts it (n, u, y, h or f), then which words say so.');
  const drop = entity.cue ? () => edit('set_assertion', {entity: id, assertion}) : null;
  return askForWords(`Which words say that “${surfaceOf(view.index, entity)}” is ${ASSERTION_WORDS[assertion]}?`,
    ({start, end}) => edit('set_assertion', {entity: id, assertion, cue: [start, end]}), drop);
}

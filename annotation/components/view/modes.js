// Choices that are open: which label, which target of a relation, whether to mark all identical mentions, a comment.
// Each is one small box at its place in the text, made of buttons with the key that presses them.

function offer(point, title, items) {
  const box = drawOffer(title, items);
  parts.stage.append(box);
  placeBox(box, boxOfPoint(point));
  return box;
}

// The first nine have a number; Tab goes to the others.
const keyOfChoice = n => n < 9 ? n + 1 : 'Tab';

// The next button of what is offered, for those without a number.
function tabOffer(back) {
  const buttons = [...root.querySelectorAll('.offer button')], at = buttons.indexOf(document.activeElement);
  const next = back ? (at < 0 ? buttons.length : at) - 1 : at + 1;
  buttons[(next + buttons.length) % buttons.length].focus();
}

function drawOffer(title, items) {
  return make('div', {class: 'offer', role: 'dialog', 'aria-label': title},
    make('div', {class: 'offer-title', text: title}),
    ...items.map((item, n) => make('button', {type: 'button', 'data-n': n, onclick: () => inOrder(() => pick(n))},
      make('kbd', {text: item.key || keyOfChoice(n)}), make('span', {class: item.hue === undefined ? '' : 'name', style: hueStyle(item.hue), text: item.words}))));
}

// Below its place in the text, or above it where there is no room below; in sight.
function placeBox(box, where) {
  const {scrollTop, clientHeight} = parts.scroller, room = parts.stage.clientWidth - box.offsetWidth - 8;
  const above = where.top - box.offsetHeight - 6, below = where.bottom + 6;
  const isAbove = below + box.offsetHeight > scrollTop + clientHeight && above >= scrollTop;
  box.style.left = `${Math.max(4, Math.min(room, where.left))}px`;
  box.style.top = `${isAbove ? above : below}px`;
  const lacking = below + box.offsetHeight + 8 - (scrollTop + clientHeight);
  if (!isAbove && lacking > 0) parts.scroller.scrollTop += lacking;
}

const hueStyle = hue => hue === undefined ? null : `--ink:var(--ink-${hue});--fill:var(--fill-${hue})`;

// The place of a point of the text, in the coordinates of the stage.
function boxOfPoint(point) {
  const line = parts.text.children[Math.max(0, lastAt(view.index.lines, point))];
  const origin = parts.stage.getBoundingClientRect();
  let left = view.index.lines[Math.max(0, lastAt(view.index.lines, point))].start;
  for (const segment of line.querySelectorAll('.segment')) {
    const length = [...segment.textContent].length;
    if (point < left + length) {
      const box = segment.getClientRects()[0];
      if (box) return {left: box.left - origin.left, top: box.top - origin.top, bottom: box.bottom - origin.top};
    }
    left += length;
  }
  const box = line.getBoundingClientRect();
  return {left: box.left - origin.left, top: box.top - origin.top, bottom: box.bottom - origin.top};
}

function openMode(mode) {
  endMode();
  place.mode = {ranges: () => [], items: [], ...mode};
  showPlace();
}

function endMode() {
  const {mode} = place;
  place.mode = null;
  for (const box of root.querySelectorAll('.offer')) box.remove();
  if (mode && /^(target|identical|extent|words)$/.test(mode.name)) say('');
  if (mode) showPlace();
}

async function pick(n) {
  const {mode} = place;
  if (!mode || !mode.items[n]) return;
  endMode();
  parts.text.focus({preventScroll: true}); // not on a button that is gone: what is typed ahead of the answer counts
  await mode.items[n].run();
  if (!place.mode) parts.text.focus({preventScroll: true});
}

const labelItems = run => view.labels.entities.map(guide => ({words: words(guide.label), hue: view.look.hueOf(guide.label), run: () => run(guide.label)}));

// For a marked range: which label.
function offerLabels() {
  const range = place.range;
  openMode({items: labelItems(label => markAs(label)), name: 'label'});
  offer(range.start, 'Mark as', place.mode.items);
}

async function markAs(label) {
  const {start, end} = place.range;
  if (await edit('add_entity', {label, start, end})) setRange(null);
}

// For a mention: which other mention it is related to. Only those that the label set allows are offered.
function startRelation() {
  const head = view.entities.get(view.selection.entity);
  if (!head) return say('Select a mention first, then press r.');
  const targets = view.document.entities.filter(entity => entity.id !== head.id && pairChoices(head, entity).length)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  if (!targets.length) return say(`No mention here may be related to a ${words(head.label)}.`);
  const after = targets.findIndex(entity => entity.start >= head.start);
  openMode({
    name: 'target', head, targets, at: Math.max(0, after),
    ranges: () => targets.flatMap((entity, n) => spansOf(entity).map(([start, end]) => ({start, end, kind: n === place.mode.at ? 'target-now' : 'target'}))),
  });
  sayTarget();
}

function moveTarget(by) {
  const {mode} = place;
  mode.at = (mode.at + by + mode.targets.length) % mode.targets.length;
  showPlace();
  sayTarget();
  const node = parts.text.querySelector('.target-now');
  if (node) node.scrollIntoView({block: 'nearest'});
}

function sayTarget() {
  const {head, targets, at} = place.mode;
  say(`Relate “${surfaceOf(view.index, head)}” to “${surfaceOf(view.index, targets[at])}”? Enter to choose, Tab for the next, Esc to leave.`);
}

// The relations that may join two mentions, in both directions.
function pairChoices(a, b) {
  const {allowed} = view.labels;
  const ways = [[a, b], [b, a]];
  return ways.flatMap(([head, tail], n) => ((allowed[head.label] || {})[tail.label] || [])
    .filter(label => !(n && view.relationLabels.get(label).symmetric))
    .map(label => ({label, head, tail})));
}

function chooseTarget(tail) {
  const {head, targets} = place.mode;
  if (!targets.includes(tail)) return say(`The label set allows no relation between ${words(head.label)} and ${words(tail.label)}.`);
  const items = pairChoices(head, tail).map(choice => ({
    words: sayWith(choice.label, surfaceOf(view.index, choice.head), surfaceOf(view.index, choice.tail)),
    run: () => edit('add_relation', {label: choice.label, head: choice.head.id, tail: choice.tail.id}),
  }));
  endMode();
  openMode({items, name: 'relation'});
  if (items.length === 1) return pick(0);
  offer(tail.start, 'Which relation?', items);
}

const sayWith = (label, head, tail) => view.relationLabels.get(label).sentence.split(/(\{head\}|\{tail\})/)
  .map(part => part === '{head}' ? head : part === '{tail}' ? tail : part).join('');

// Every other occurrence of a mention's words: shown first, marked or removed on Enter.
async function startIdentical(remove) {
  const entity = view.entities.get(view.selection.entity);
  if (!entity) return say('Select a mention first.');
  const reply = await server.act({ticket: session.ticket, version: session.version, do: 'identical', entity: entity.id, remove}).catch(() => null);
  if (!reply) return say('The server does not answer; nothing was changed.');
  if (reply.error) return say(reply.error);
  if (!reply.spans.length) return say(`“${surfaceOf(view.index, entity)}” stands nowhere else unmarked.`);
  const what = remove ? `Delete all ${reply.spans.length} as ${words(entity.label)}` : `Mark ${reply.spans.length} more as ${words(entity.label)}`;
  openMode({
    name: 'identical',
    ranges: () => reply.spans.map(([start, end]) => ({start, end, kind: remove ? 'leaving' : 'coming'})),
    items: [{key: 'Enter', words: what, run: () => edit(remove ? 'remove_identical' : 'mark_identical', {entity: entity.id})},
      {key: 'Esc', words: 'Leave it', run: () => null}],
  });
  offer(entity.start, `“${surfaceOf(view.index, entity)}”: ${what}?`, place.mode.items);
  say(`${what}: press Enter, or Esc to leave.`);
}

// A comment on what is selected, or on the note. It is kept when the person goes on to something else, too; one that is
// refused is shown again as it was typed.
function startComment(typed) {
  const item = selectedItem(), was = (item ? item.attributes || {} : view.document.meta || {}).comment || '';
  const field = make('textarea', {rows: 3, 'aria-label': 'Comment'});
  field.value = typed === undefined ? was : typed;
  const keep = async () => {
    if (field.value.trim() === was || await edit('comment', {target: item ? item.id : null, text: field.value})) return;
    if (!session.refused) return;
    session.message += '. The comment is not kept: change it and keep it again.';
    startComment(field.value);
    showMessage();
  };
  openMode({name: 'comment', isTyped: () => field.value.trim() !== was, items: [
    {key: 'Ctrl+Enter', words: 'Keep the comment', run: keep},
    {key: 'Esc', words: 'Leave it', run: () => null},
  ]});
  const {mode} = place;
  const entity = view.entities.get(view.selection.entity);
  const box = offer(entity ? entity.start : 0, item ? `Comment on ${item.id}` : 'Comment on the whole note', mode.items);
  box.tabIndex = -1; // a click on its title stays in it
  box.insertBefore(field, box.children[1]);
  box.addEventListener('focusout', ({relatedTarget}) => {
    if (place.mode !== mode || box.contains(relatedTarget) || document.activeElement === field) return;
    if (mode.isTyped()) inOrder(() => place.mode === mode ? pick(0) : null);
  });
  field.focus();
}

function showKeys() {
  if (place.mode && place.mode.name === 'keys') return endMode();
  openMode({name: 'keys', items: [{key: 'Esc', words: 'Close', run: () => null}]});
  const list = make('dl', {class: 'keys'}, ...KEY_HELP.flatMap(([keys, help]) => [make('dt', {}, ...keys.split(' ').map(key => make('kbd', {text: key}))), make('dd', {text: help})]));
  const box = drawOffer('Keys', place.mode.items);
  box.classList.add('help');
  box.append(list);
  root.append(box);
  box.scrollIntoView({block: 'nearest'});
}

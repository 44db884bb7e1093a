// Where the person is in the text: a word cursor for the keyboard, and a range that waits for a label.

const place = {token: 0, anchor: null, range: null, mode: null, pressedAt: null};

function setRange(range) {
  place.range = range;
  showPlace();
}

// The ranges to paint: the waiting range, the word under the cursor, what a preview or a choice of targets offers.
function showPlace() {
  const ranges = [];
  const token = view.index.tokens[place.token];
  if (place.range) ranges.push({...place.range, kind: 'waiting'});
  else if (token && place.cursorShown) ranges.push({start: token.start, end: token.end, kind: 'cursor'});
  if (place.mode) ranges.push(...place.mode.ranges());
  view.ranges = ranges;
  drawText();
  drawRelations();
}

function moveCursor(step, grow, byCharacter) {
  if (!view.index.tokens.length) return say('There are no words in this note.');
  place.cursorShown = true;
  if (grow && byCharacter && place.range) return growByCharacter(step);
  const last = view.index.tokens.length - 1;
  if (grow && place.anchor === null) place.anchor = place.token;
  place.token = Math.min(last, Math.max(0, place.token + step));
  if (grow) {
    const [a, b] = [place.anchor, place.token].sort((x, y) => x - y);
    place.range = {start: view.index.tokens[a].start, end: view.index.tokens[b].end};
  } else {
    place.anchor = null;
    place.range = null;
  }
  showPlace();
  keepInSight(place.token);
  sayStatus(describeWord());
}

function growByCharacter(step) {
  const end = Math.min(view.index.length, Math.max(place.range.start + 1, place.range.end + step));
  setRange({start: place.range.start, end});
  sayStatus(`marked: ${view.index.slice(place.range.start, end)}`);
}

function moveLine(step, grow) {
  const token = view.index.tokens[place.token];
  if (!token) return;
  const line = lastAt(view.index.lines, token.start);
  let next = line + step;
  while (next >= 0 && next < view.index.lines.length) {
    const {start, end} = view.index.lines[next];
    const target = lastAt(view.index.tokens, Math.min(end - 1, start + token.start - view.index.lines[line].start));
    const found = [target, target + 1].find(n => view.index.tokens[n] && view.index.tokens[n].start >= start && view.index.tokens[n].start < end);
    if (found !== undefined) return moveCursor(found - place.token, grow, false);
    next += step;
  }
}

function describeWord() {
  const {start, end} = place.range || view.index.tokens[place.token] || {start: 0, end: 0};
  const ids = entitiesAt(start).map(entity => `${words(entity.label)}`);
  return [(place.range ? 'marked: ' : '') + view.index.slice(start, end), ...ids].join(', ');
}

// The mentions over a point, the innermost first.
function entitiesAt(point) {
  return view.document.entities.filter(entity => spansOf(entity).some(([start, end]) => start <= point && point < end))
    .sort((a, b) => (a.end - a.start) - (b.end - b.start));
}

function keepInSight(tokenNumber) {
  const token = view.index.tokens[tokenNumber];
  if (!token) return;
  const line = parts.text.children[lastAt(view.index.lines, token.start)];
  const node = line.querySelector('.cursor, .waiting') || line;
  const box = node.getBoundingClientRect(), frame = parts.scroller.getBoundingClientRect();
  if (box.top < frame.top + 20) parts.scroller.scrollTop += box.top - frame.top - 60;
  else if (box.bottom > frame.bottom - 20) parts.scroller.scrollTop += box.bottom - frame.bottom + 60;
}

// What the mouse has marked, in code points of the text: whole words, or with Alt the very characters.
function rangeOfMouse(event) {
  const [start, end] = chosenPoints() || pressedPoints(event);
  if (start >= end) return null;
  return event.altKey ? trimBlanks(view.index, start, end) : snapToWords(view.index, start, end);
}

function chosenPoints() {
  const chosen = window.getSelection();
  if (!chosen.rangeCount || chosen.isCollapsed || !parts.text.contains(chosen.anchorNode) || !parts.text.contains(chosen.focusNode)) return null;
  const marked = chosen.getRangeAt(0);
  return [pointOf(marked.startContainer, marked.startOffset), pointOf(marked.endContainer, marked.endOffset)];
}

// From where the button went down to where it came up: a line that was drawn again meanwhile has lost its selection.
function pressedPoints(event) {
  const now = pointAt(event);
  return place.pressedAt === null || now === null ? [0, 0] : [place.pressedAt, now].sort((a, b) => a - b);
}

// The point of the text under the mouse; null where there is none.
function pointAt(event) {
  const caret = document.caretPositionFromPoint ? document.caretPositionFromPoint(event.clientX, event.clientY) : null;
  return caret && parts.text.contains(caret.offsetNode) ? pointOf(caret.offsetNode, caret.offset) : null;
}

function pointOf(node, offset) {
  const line = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest('.line');
  if (!line) return offset ? view.index.length : 0;
  const before = document.createRange();
  before.setStart(line, 0);
  before.setEnd(node, offset);
  const start = view.index.lines[[...parts.text.children].indexOf(line)].start;
  return view.index.point(view.index.unit(start) + before.toString().length);
}

function releaseMouse(event) {
  const range = rangeOfMouse(event);
  place.pressedAt = null;
  if (!range) return;
  window.getSelection().removeAllRanges();
  place.ignoreClick = true;
  setTimeout(() => { place.ignoreClick = false; }, 0);
  inOrder(() => {
    if (place.mode && place.mode.name === 'words') return takeWords(range);
    endMode();
    view.selection = {entity: null, relation: null, shown: []};
    place.token = Math.max(0, lastAt(view.index.tokens, range.start));
    place.anchor = null;
    setRange(range);
    parts.text.focus({preventScroll: true});
    offerLabels();
    return sayStatus(`marked: ${view.index.slice(range.start, range.end)}; choose a label`);
  });
}

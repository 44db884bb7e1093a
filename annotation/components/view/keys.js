// The keys, and the list of them that ? shows.

const ASSERTION_KEYS = {p: 'present', n: 'negated', u: 'uncertain', y: 'hypothetical', h: 'historical', f: 'family'};

const KEY_HELP = [
  ['← →', 'word cursor; ↑ ↓ for lines'], ['Shift ← →', 'mark words; with Alt, characters'], ['1 – 9', 'label: marks, or changes what is selected'],
  ['Tab', 'in a choice: to those without a number; Enter takes one'], ['Enter', 'marked words: which label? Else select the mention at the cursor; again, the one around it'], ['j k', 'next and previous mention'],
  ['t', 'next relation of the mention, as a card'], ['Space', 'next suggestion that waits'], ['a', 'accept the suggestion'], ['x', 'reject the suggestion'],
  ['b', 'move the ends of the mention (or drag them)'], ['+ −', 'add a part elsewhere to the mention; take a part away'],
  ['r', 'relate to another mention: Tab or click, then Enter'], ['s', 'swap the direction of the relation'],
  ['Delete', 'delete; a mention goes with its relations'], ['m', 'mark all identical mentions, after a preview'], ['M', 'remove all identical mentions, after a preview'],
  ['p n u y h f', 'present, negated, uncertain, hypothetical, historical, family'], ['w', 'mark the words that say so'], ['c', 'comment'], ['q', 'unsure: leave it to adjudication'],
  ['l', 'relation lines: all, selected, off'], ['Ctrl Z', 'undo; with Shift, redo'], ['Ctrl Enter', 'submit the note'], ['g', 'go to the next note; this one can stay half done'], ['Esc', 'leave'], ['?', 'this list'],
];

const KEYS = {
  ArrowRight: event => moveCursor(1, event.shiftKey, event.altKey), ArrowLeft: event => moveCursor(-1, event.shiftKey, event.altKey),
  ArrowDown: event => moveLine(1, event.shiftKey), ArrowUp: event => moveLine(-1, event.shiftKey),
  Enter: () => place.range ? offerLabels() : selectHere(), ' ': () => nextUndecided(), j: () => stepMention(1), k: () => stepMention(-1), t: () => stepRelation(1), T: () => stepRelation(-1),
  a: () => accept(), x: () => reject(), r: () => startRelation(), s: () => flip(), Delete: () => remove(), Backspace: () => remove(),
  m: () => startIdentical(false), M: () => startIdentical(true), c: () => startComment(), q: () => unsure(), '?': () => showKeys(),
  b: () => startExtent(), '+': () => addPart(), '=': () => addPart(), '-': () => dropPart(), w: () => startCue(),
  g: () => goOn(), l: () => showArcs({all: 'selected', selected: 'off', off: 'all'}[view.arcs]), Escape: () => leave(),
};
for (const [key, value] of Object.entries(ASSERTION_KEYS)) KEYS[key] = () => assertAs(value);

const WITH_CONTROL = {z: () => step('undo'), Z: () => step('redo'), y: () => step('redo'), s: () => sendAgain(), Enter: () => submit()};
const LOOKING = new Set(['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', 'Enter', 'j', 'k', 't', 'T', '?', 'l', 'g', 'Escape']);

function pressed(event) {
  const {key} = event;
  if (session.conflict) return;
  if (event.altKey && !key.startsWith('Arrow')) return; // the browser's menus
  const inField = event.target.closest('textarea, input');
  if (inField && !(key === 'Escape' || (key === 'Enter' && (event.ctrlKey || event.metaKey)))) return;
  if ((key === 'Enter' || key === ' ') && event.target.closest('button') && (!place.mode || event.target.closest('.offer'))) return;
  if (key === 'Tab' && place.mode && /^(label|relation)$/.test(place.mode.name)) {
    event.preventDefault();
    return tabOffer(event.shiftKey);
  }
  const action = event.ctrlKey || event.metaKey ? WITH_CONTROL[key] : KEYS[key] || (/^[1-9]$/.test(key) ? () => labelKey(Number(key) - 1) : null);
  const mayBeMode = place.mode || (session.busy && event.target === parts.text); // what is typed ahead of the server
  const isMode = mayBeMode && /^(Tab|Enter|Escape|[1-9]|j|k|ArrowDown|ArrowUp|ArrowLeft|ArrowRight)$/.test(key);
  if (!action && !isMode) return;
  event.preventDefault();
  event.stopPropagation();
  inOrder(() => {
    if (place.mode && inMode(event)) return null;
    if (!action) return null;
    if (session.submitted && !LOOKING.has(key)) return say('This note is submitted. Reopen it to change it.');
    return action(event);
  });
}

// Keys while a choice is open; false where the key means what it always does.
function inMode(event) {
  const {mode} = place;
  const {key} = event;
  if (key === 'Escape') { endMode(); parts.text.focus({preventScroll: true}); return true; }
  if (mode.name === 'target') {
    const by = {Tab: event.shiftKey ? -1 : 1, j: 1, k: -1, ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[key];
    if (by) { moveTarget(by); return true; }
    if (key === 'Enter') { chooseTarget(mode.targets[mode.at]); return true; }
    endMode();
    return false;
  }
  if (mode.name === 'extent') return inExtent(event);
  if (mode.name === 'words') return inWords(event);
  if (key === 'Enter' && /^(identical|confirm|comment)$/.test(mode.name)) { session.waiting.unshift(() => pick(0)); return true; }
  if (/^[1-9]$/.test(key) && /^(label|relation)$/.test(mode.name)) { session.waiting.unshift(() => pick(Number(key) - 1)); return true; }
  if (mode.name === 'label') return false;
  if (key === '?' && mode.name === 'keys') { endMode(); return true; }
  endMode();
  return false;
}

// While the ends of a mention move.
function inExtent({key, shiftKey, altKey}) {
  const by = {ArrowRight: 1, ArrowLeft: -1}[key];
  if (by) moveEnd(by, shiftKey, altKey);
  else if (key === 'Tab') nextPart(shiftKey ? -1 : 1);
  else if (key === 'Enter') session.waiting.unshift(() => keepExtent());
  else endMode();
  return Boolean(by) || key === 'Tab' || key === 'Enter';
}

// While words are asked for: the cursor moves as always.
function inWords({key}) {
  if (/^Arrow/.test(key)) return false;
  const {drop} = place.mode;
  if (key === 'Enter') session.waiting.unshift(() => takeWords(wordHere()));
  else endMode();
  if (drop && /^(Delete|Backspace)$/.test(key)) session.waiting.unshift(() => drop());
  return key === 'Enter' || /^(Delete|Backspace)$/.test(key);
}

// The editing form: what it adds to the view, and its buttons for everything that has a key.

Object.assign(parts, addControls());

function addControls() {
  const saved = make('span', {class: 'saved', role: 'status', 'aria-live': 'polite'});
  const waiting = make('span', {class: 'waiting-count'});
  const button = (words, key, run, more = {}) => make('button', {type: 'button', class: 'tool', title: `${words} (${key})`, text: words, onclick: () => inOrder(run), ...more});
  const undo = button('Undo', 'Ctrl+Z', () => step('undo')), redo = button('Redo', 'Ctrl+Shift+Z', () => step('redo'));
  const next = button('Next suggestion', 'Space', () => nextUndecided());
  const note = button('Comment on note', 'c with nothing selected', () => { view.selection = {entity: null, relation: null, shown: []}; startComment(); });
  const help = button('Keys ?', '?', () => showKeys());
  const submitting = button('Submit', 'Ctrl+Enter', () => session.submitted ? step('reopen') : submit(), {class: 'tool main'});
  const message = make('div', {class: 'message', role: 'alert'});
  const conflict = make('div', {class: 'conflict', role: 'alertdialog', 'aria-label': 'Changed elsewhere', hidden: true});
  const tools = make('div', {class: 'tools', role: 'toolbar', 'aria-label': 'Review'}, saved, waiting, undo, redo, next, note, help, submitting);
  const guidance = make('div', {class: 'guidance', role: 'status'});
  root.prepend(tools, conflict, guidance);
  parts.status.before(message);
  return {tools, saved, waiting, undo, redo, next, submitting, message, conflict, guidance};
}

// In place of a note: what to do next, and the button that leads there.
function drawGuidance(value) {
  const {title, words: said, button, go: place} = value && value.guidance ? value.guidance : {};
  root.classList.toggle('without-note', !value || !value.document);
  parts.guidance.replaceChildren(...(title ? [make('h3', {text: title}), make('p', {text: said}),
    make('button', {type: 'button', class: 'tool main', text: button, onclick: () => trigger('lead', {go: place})})] : []));
}

function drawControls() {
  showSaved();
  parts.waiting.textContent = session.ticket ? (session.undecided ? `${session.undecided} to decide` : 'all decided') : '';
  parts.undo.disabled = !session.canUndo;
  parts.redo.disabled = !session.canRedo;
  parts.next.disabled = !session.undecided;
  parts.submitting.textContent = session.submitted ? 'Reopen' : session.gold ? 'Make gold' : session.undecided ? `Submit (${session.undecided} left)` : 'Submit';
  parts.submitting.setAttribute('aria-disabled', session.undecided && !session.submitted ? 'true' : 'false');
  showMessage();
  drawConflict();
}

// What the person should know now: quiet for hints, loud for what was refused or is not saved.
function showMessage() {
  const {unsent, message, refused} = session;
  const help = session.loggedOut ? 'Log in again in another tab, then press Ctrl+S here' : 'Press Ctrl+S to try again';
  parts.message.textContent = unsent ? `Your last action is not saved: ${whyUnsent()}. ${help}; no other action comes before it.` : message;
  parts.message.classList.toggle('refused', Boolean(unsent) || refused);
}

function drawConflict() {
  const {conflict} = session;
  parts.conflict.hidden = !conflict;
  if (!conflict) return parts.conflict.replaceChildren();
  if (parts.conflict.childElementCount) return null;
  const again = make('button', {type: 'button', class: 'tool main', text: 'Show the newest and make my change again', onclick: () => inOrder(() => settleConflict(true))});
  parts.conflict.replaceChildren(
    make('b', {text: 'This note was changed elsewhere (another tab or device). Nothing was overwritten.'}),
    make('ul', {}, ...conflict.lines.map(text => make('li', {text}))), again,
    make('button', {type: 'button', class: 'tool', text: 'Show the newest, drop my change', onclick: () => inOrder(() => settleConflict(false))}));
  return again.focus();
}

function actionButton(words, key, run) {
  return make('button', {type: 'button', class: 'tool', onclick: () => inOrder(run)}, make('kbd', {text: key}), make('span', {text: words}));
}

function chips(title, items) {
  return make('div', {class: 'chips', role: 'group', 'aria-label': title}, ...items.map(({words, key, on, run}) =>
    make('button', {type: 'button', class: 'tool', 'aria-pressed': on ? 'true' : 'false', onclick: () => inOrder(run)}, make('kbd', {text: key}), make('span', {text: words}))));
}

function shared(item) {
  const {comment, unsure: doubt} = item.attributes || {};
  return [
    comment ? make('div', {class: 'comment', text: `Comment: ${comment}`}) : null,
    make('div', {class: 'chips'}, actionButton(comment ? 'Edit comment' : 'Comment', 'c', () => startComment()), actionButton(doubt ? 'Sure again' : 'Unsure', 'q', () => unsure())),
  ];
}

const decisions = item => isSuggestion(item)
  ? make('div', {class: 'chips'}, actionButton('Accept', 'a', () => accept()), actionButton('Reject', 'x', () => reject()))
  : make('div', {class: 'chips'}, actionButton('Delete', 'Del', () => remove()));

function entityActions(entity) {
  if (!session.ticket || session.submitted || !entity) return null;
  const keyOf = value => Object.keys(ASSERTION_KEYS).find(key => ASSERTION_KEYS[key] === value) || '';
  return make('div', {class: 'actions'},
    decisions(entity),
    chips('Label', view.labels.entities.map((guide, n) => ({words: words(guide.label), key: keyOfChoice(n), on: guide.label === entity.label, run: () => relabel(guide.label)}))),
    view.labels.assertions.length ? chips('Assertion', view.labels.assertions.map(({value}) => ({words: value, key: keyOf(value), on: (entity.assertion || 'present') === value, run: () => assertAs(value)}))) : null,
    ASSERTION_WORDS[entity.assertion] ? make('div', {class: 'chips'}, actionButton(entity.cue ? 'Other words say so' : 'Mark the words that say so', 'w', () => startCue())) : null,
    make('div', {class: 'chips'}, actionButton('Relate to …', 'r', () => startRelation()), actionButton('Move its ends', 'b', () => startExtent()),
      actionButton('Add a part', '+', () => addPart()), spansOf(entity).length > 1 ? actionButton('Take a part away', '−', () => dropPart()) : null),
    make('div', {class: 'chips'}, actionButton('Mark all identical', 'm', () => startIdentical(false)), actionButton('Remove all', 'M', () => startIdentical(true))),
    ...shared(entity));
}

function relationActions(relation) {
  if (!session.ticket || session.submitted) return null;
  const denied = view.look.isDenied(relation);
  return make('div', {class: 'actions'},
    decisions(relation),
    chips('Relation', relationChoices(relation).map((label, n) => ({words: words(label), key: keyOfChoice(n), on: label === relation.label, run: () => edit('relabel_relation', {relation: relation.id, label})}))),
    make('div', {class: 'chips'}, actionButton('Swap direction', 's', () => flip()),
      actionButton(denied ? 'The text states it' : 'The text denies it', denied ? 'p' : 'n', () => assertAs(denied ? 'present' : 'negated'))),
    ...shared(relation));
}

function legendItem(label, text) {
  const known = view.labels.entities.findIndex(guide => guide.label === label);
  return make('button', {type: 'button', class: 'name', title: definitionOf(label), onclick: () => inOrder(() => labelKey(known))},
    make('kbd', {text: keyOfChoice(known)}), make('span', {text: ` ${text}`}));
}

const itemOf = id => view.entities.get(id) || view.document.relations.find(r => r.id === id);

Object.assign(hooks, {
  stateOf: id => { const item = itemOf(id); return isSuggestion(item) ? 'suggested' : (item && (item.attributes || {}).unsure) ? 'unsure' : ''; },
  stateWords: id => { const item = itemOf(id); return [isSuggestion(item) ? 'suggestion, to decide' : null, item && (item.attributes || {}).unsure ? 'unsure' : null].filter(Boolean).join(', ') || null; },
  markOf: entity => [isSuggestion(entity) ? '?' : null, (entity.attributes || {}).unsure ? 'unsure' : null, (entity.attributes || {}).comment ? '✎' : null].filter(Boolean).join(' ') || null,
  isMovable: canMove, entityActions, relationActions, legendItem, drawn: drawControls,
  click: event => {
    if (place.ignoreClick || event.target.closest('.offer, .handle')) return;
    inOrder(() => {
      if (place.mode && place.mode.name === 'words') return takeWords(view.index.tokens[pointOfClick(event) ?? -1]);
      if (place.mode && place.mode.name === 'target') {
        const id = clickedEntity(event.target);
        if (id && id !== place.mode.head.id) return chooseTarget(view.entities.get(id));
      }
      endMode();
      place.range = null;
      clickText(event);
      const chosen = view.entities.get(view.selection.entity);
      const token = event.target.closest('.tag') && chosen ? lastAt(view.index.tokens, chosen.start) : pointOfClick(event);
      if (token !== null) place.token = Math.max(0, token);
      place.cursorShown = true;
      showPlace();
      parts.text.focus({preventScroll: true});
      return rememberPosition();
    });
  },
});

function pointOfClick(event) {
  const point = pointAt(event);
  return point === null ? null : Math.max(0, lastAt(view.index.tokens, point));
}

// What was not saved of a note that is left is tried once more. What is selected in it means nothing in another.
function leaveNote() {
  clearTimeout(positionTimer);
  endMode();
  const {ticket, version, unsent} = session;
  if (unsent) server.act({ticket, version, ...unsent}).catch(() => null);
  view.selection = {entity: null, relation: null, shown: []};
}

const showLoaded = load;
function loadNote(sent) {
  drawGuidance(sent);
  const value = sent && sent.document ? sent : null;
  const other = !value || value.document.id !== view.document.id || value.review.ticket !== session.ticket;
  if (!other && value.review.version < session.version) return; // older than what was done here since
  if (other) leaveNote();
  if (value && value.review) takeState(value.review);
  else Object.assign(session, {ticket: null, gold: false});
  if (other) Object.assign(session, {unsent: null, conflict: null, message: '', waiting: []});
  if (other) Object.assign(place, {token: 0, anchor: null, range: null, cursorShown: false});
  showLoaded(value);
  if (other) bringIntoSight();
  if (other) takeFocus();
  if (other && session.gold) root.scrollIntoView({block: 'nearest'});
}

// The keys work at once, where the person is in no other field and did not come to another place by keyboard.
function takeFocus() {
  const now = document.activeElement;
  if (session.ticket && !(now && now.matches(':focus-visible'))) parts.text.focus({preventScroll: true});
}

const isTyping = () => Boolean(place.mode && place.mode.isTyped && place.mode.isTyped());

root.classList.add('editing');
parts.text.setAttribute('role', 'application'); // its keys are its own: a screen reader passes them on and reads the status
parts.text.setAttribute('aria-roledescription', 'annotation editor, ? lists its keys');
root.addEventListener('keydown', pressed);
parts.text.addEventListener('mousedown', event => {
  place.pressedAt = event.target.closest('.handle') || event.button ? null : pointAt(event);
  grabHandle(event);
});
parts.text.addEventListener('mouseup', event => { if (session.ticket && !session.submitted) releaseMouse(event); });
parts.text.addEventListener('focus', () => { if (!place.cursorShown && parts.text.matches(':focus-visible')) { place.cursorShown = true; showPlace(); } });
// Also whenever the note comes into sight, as it does when its tab is chosen.
new IntersectionObserver(([{isIntersecting}]) => { if (isIntersecting) takeFocus(); }).observe(parts.tools);
window.addEventListener('beforeunload', event => { if (session.unsent || session.busy || isTyping()) event.preventDefault(); });
watch('value', () => take(props.value));
loadNote(props.value);

// What a person can do with what is selected, for keys and buttons alike.

const say = words => { Object.assign(session, {message: words, refused: false}); showMessage(); };
const selectedItem = () => view.document.relations.find(r => r.id === view.selection.relation) || view.entities.get(view.selection.entity) || null;
const isSuggestion = item => Boolean(item && item.attributes && item.attributes.status === 'suggested');

function needItem() {
  const item = selectedItem();
  if (!item) say('Select a mention or a relation first.');
  return item;
}

async function accept() {
  const item = needItem();
  if (!item) return;
  if (!isSuggestion(item)) return say('This is decided already.');
  if (await edit('accept', {target: item.id})) nextUndecided();
}

async function reject() {
  const item = needItem();
  if (!item) return;
  if (!isSuggestion(item)) return say('This is no suggestion; Delete removes it.');
  const at = placeOf(item);
  if (await edit('reject', {target: item.id})) nextUndecided(at);
}

async function remove() {
  const item = needItem();
  if (!item) return;
  const isRelation = item.id === view.selection.relation;
  await edit(isRelation ? 'delete_relation' : 'delete_entity', isRelation ? {relation: item.id} : {entity: item.id});
}

async function flip() {
  const relation = view.document.relations.find(r => r.id === view.selection.relation);
  if (!relation) return say('Select a relation first.');
  await edit('flip_relation', {relation: relation.id});
}

// A label key: marks the waiting range or the word, or relabels what is selected.
async function labelKey(n) {
  const relation = view.document.relations.find(r => r.id === view.selection.relation);
  if (relation) {
    const label = relationChoices(relation)[n];
    return label ? edit('relabel_relation', {relation: relation.id, label}) : say('The label set allows no such relation here.');
  }
  const guide = view.labels.entities[n];
  if (!guide) return;
  if (place.range) { endMode(); return markAs(guide.label); }
  if (view.selection.entity) return relabel(guide.label);
  const token = view.index.tokens[place.token];
  if (token && place.cursorShown) { place.range = {start: token.start, end: token.end}; return markAs(guide.label); }
  return say('Mark some words first: drag with the mouse, or Shift and the arrow keys.');
}

async function relabel(label) {
  const entity = view.entities.get(view.selection.entity);
  const unfit = view.document.relations.filter(r => !endsAllow(r, entity.id, label));
  if (!unfit.length) return edit('relabel_entity', {entity: entity.id, label});
  openMode({name: 'confirm', items: [
    {key: 'Enter', words: `Make it ${words(label)} and drop ${count(unfit.length, 'relation')}`, run: () => edit('relabel_entity', {entity: entity.id, label, drop_relations: true})},
    {key: 'Esc', words: 'Leave it', run: () => null},
  ]});
  offer(entity.start, `A ${words(label)} cannot keep ${count(unfit.length, 'relation')}`, place.mode.items);
}

function endsAllow(relation, id, label) {
  if (relation.head !== id && relation.tail !== id) return true;
  const as = end => end === id ? label : view.entities.get(end).label;
  return ((view.labels.allowed[as(relation.head)] || {})[as(relation.tail)] || []).includes(relation.label);
}

function relationChoices(relation) {
  const head = view.entities.get(relation.head), tail = view.entities.get(relation.tail);
  return (view.labels.allowed[head.label] || {})[tail.label] || [];
}

async function assertAs(value) {
  const item = needItem();
  if (!item) return;
  if (item.id === view.selection.relation) {
    if (value !== 'negated' && value !== 'present') return say('A relation is stated or denied: n or p.');
    return edit('negate_relation', {relation: item.id, negated: value === 'negated'});
  }
  if (!view.labels.assertions.length) return say('This label set has no assertions.');
  const same = item.cue && item.assertion === value;
  return edit('set_assertion', {entity: item.id, assertion: value, ...(same ? {cue: item.cue} : {})});
}

async function unsure() {
  const item = selectedItem();
  const marked = item ? (item.attributes || {}).unsure : (view.document.meta || {}).unsure;
  return edit('mark_unsure', {target: item ? item.id : null, unsure: !marked});
}

// A mention's or relation's place in the text, to go on from there.
function placeOf(item) {
  const start = relation => Math.min(view.entities.get(relation.head).start, view.entities.get(relation.tail).start);
  return item.head ? start(item) : item.start;
}

// The next suggestion that waits: mentions first, then relations, from where the person is.
function nextUndecided(from) {
  const item = selectedItem();
  const at = from !== undefined ? from : item ? placeOf(item) : -1;
  const waiting = [...view.document.entities].sort((a, b) => a.start - b.start || b.end - a.end).filter(isSuggestion);
  const relations = view.document.relations.filter(isSuggestion).sort((a, b) => placeOf(a) - placeOf(b));
  const pool = item && item.head && relations.length ? relations : waiting.length ? waiting : relations;
  const next = pool.find(other => other !== item && placeOf(other) >= at) || pool.find(other => other !== item) || pool[0];
  if (!next) return say(session.submitted ? '' : 'Every suggestion is decided. Ctrl+Enter submits.');
  go(next);
}

function go(item) {
  choose(item.head ? {relation: item.id} : {entity: item.id});
  const start = item.head ? view.entities.get(item.head).start : item.start;
  place.token = Math.max(0, lastAt(view.index.tokens, start));
  place.range = null;
  bringIntoSight();
  rememberPosition();
}

function stepMention(by) {
  const inText = [...view.document.entities].sort((a, b) => a.start - b.start || b.end - a.end);
  if (!inText.length) return;
  const at = inText.findIndex(entity => entity.id === view.selection.entity);
  go(inText[at < 0 ? (by > 0 ? 0 : inText.length - 1) : (at + by + inText.length) % inText.length]);
}

// The next relation of the selected mention, or of the text: review by cards, without lines.
function stepRelation(by) {
  const {entity, relation} = view.selection;
  const own = view.document.relations.filter(r => !entity || r.head === entity || r.tail === entity);
  if (!own.length) return say('There is no relation here.');
  const at = own.findIndex(r => r.id === relation);
  choose({entity, relation: own[(at + by + own.length) % own.length].id});
  bringIntoSight();
  rememberPosition();
}

function selectHere() {
  const token = view.index.tokens[place.token];
  const ids = token ? entitiesAt(token.start).map(entity => entity.id) : [];
  if (!ids.length) return say('No mention here.');
  choose({entity: ids[(ids.indexOf(view.selection.entity) + 1) % ids.length]});
  rememberPosition();
}

async function submit() {
  if (session.undecided) {
    say(`${count(session.undecided, 'suggestion')} to decide before you submit.`);
    return nextUndecided();
  }
  if (await step('submit')) say(session.gold ? 'The gold version is saved. Press g for the next note.' : 'Submitted. Press g for the next note.');
}

// The next note of the queue. Nothing is lost: what is done is saved, and the note comes back.
async function goOn() {
  if (session.ticket && !(await keepPosition())) return;
  trigger('onward', {document: view.document.id});
}

function leave() {
  if (place.mode) return endMode();
  place.range = null;
  place.anchor = null;
  choose({});
  showPlace();
}

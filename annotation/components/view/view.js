// The view: its state, what is selected, and drawing all parts again when either changes.

const view = {
  document: {id: '', text: '', entities: [], relations: []}, labels: null, index: indexText(''), entities: new Map(),
  relationLabels: new Map(), hues: new Map(), selection: {entity: null, relation: null, shown: []}, arcs: 'all',
  ranges: [], look: null,
};

const root = element.querySelector('.odin') || element.appendChild(make('div', {class: 'odin'}));
const parts = layOut(root);

function layOut(root) {
  const legend = make('div', {class: 'legend', role: 'group', 'aria-label': 'Labels'});
  const arcs = make('div', {class: 'choice', role: 'group', 'aria-label': 'Relation lines'});
  const svg = makeSvg('svg', {class: 'arcs', 'aria-hidden': 'true'});
  const text = make('div', {class: 'text', tabindex: 0, role: 'group', 'aria-label': 'Text'});
  const stage = make('div', {class: 'stage'}, svg, text);
  const scroller = make('div', {class: 'scroller'}, stage);
  const panel = make('aside', {class: 'panel', 'aria-label': 'Selected mention and relations'});
  const status = make('div', {class: 'status', role: 'status', 'aria-live': 'polite'});
  const bar = make('div', {class: 'bar'}, legend, arcs);
  root.replaceChildren(bar, make('div', {class: 'columns'}, scroller, panel), status);
  for (const [value, words] of [['all', 'Lines'], ['selected', 'Selected'], ['off', 'Off']]) {
    arcs.append(make('button', {type: 'button', 'data-arcs': value, text: words, onclick: () => showArcs(value)}));
  }
  return {bar, legend, arcs, svg, text, stage, scroller, panel, status};
}

function showArcs(value) {
  view.arcs = value;
  drawAll();
}

// Takes in what the server sent. The selection stays where it still exists.
function load(value) {
  view.document = value && value.document ? value.document : {id: '', text: '', entities: [], relations: []};
  view.document.relations = view.document.relations || [];
  view.labels = value ? value.labels : null;
  if (view.index.text !== view.document.text || !parts.text.childElementCount) {
    view.index = indexText(view.document.text);
    parts.text.replaceChildren(...view.index.lines.map(() => make('div', {class: 'line'})));
    parts.scroller.scrollTop = 0;
    view.ranges = [];
    view.selection = {entity: null, relation: null, shown: []}; // ids mean something else in another text
  }
  view.entities = new Map(view.document.entities.map(entity => [entity.id, entity]));
  view.relationLabels = new Map((view.labels ? view.labels.relations : []).map(label => [label.label, label]));
  view.hues = hueTable();
  view.look = makeLook();
  if (value && value.selected && (value.selected.length || isPlace(value.place))) selectIds(value.selected);
  else selectIds([view.selection.relation || view.selection.entity].filter(Boolean));
}

// Labels take hues in the order of the label set; unknown ones follow.
function hueTable() {
  const known = view.labels ? view.labels.entities.map(label => label.label) : [];
  const names = [...new Set([...known, ...view.document.entities.map(entity => entity.label)])];
  return new Map(names.map((name, n) => [name, n % HUE_COUNT]));
}

function makeLook() {
  const relationsOf = new Map();
  for (const relation of view.document.relations) {
    for (const id of [relation.head, relation.tail]) relationsOf.set(id, (relationsOf.get(id) || 0) + 1);
  }
  return {
    lanes: assignLanes(view.document.entities),
    hueOf: label => view.hues.get(label) || 0,
    roleOf: id => roleOfEntity(id),
    roleOfRelation: id => view.selection.relation === id ? 'chosen' : view.selection.relation ? 'faint' : '',
    stateOf: id => hooks.stateOf(id),
    stateWords: id => hooks.stateWords(id),
    markOf: entity => hooks.markOf(entity),
    extraOf: entity => relationsOf.get(entity.id) ? [count(relationsOf.get(entity.id), 'relation')] : [],
    isDenied: relation => Boolean(relation.attributes && relation.attributes.negated),
    sayArc: relation => (relation.attributes && relation.attributes.negated ? 'not ' : '') + words(relation.label),
    isMovable: id => hooks.isMovable(id),
    get ranges() { return [...view.ranges, ...cueRanges()]; },
  };
}

// The words that say how the selected mention is asserted.
function cueRanges() {
  const entity = view.selection.relation ? null : view.entities.get(view.selection.entity);
  return entity && entity.cue ? [{start: entity.cue[0], end: entity.cue[1], kind: 'cue'}] : [];
}

// "head" or "tail" of the selected relation, "alone" when it is what is selected, else nothing.
function roleOfEntity(id) {
  const relation = view.document.relations.find(r => r.id === view.selection.relation);
  if (relation) return relation.head === id ? 'head' : relation.tail === id ? 'tail' : '';
  return view.selection.entity === id || view.selection.shown.includes(id) ? 'alone' : '';
}

// What the editing form does in another way; here nothing has a state and nothing can be done but look.
const hooks = {
  stateOf: () => '', stateWords: () => null, markOf: () => null, isMovable: () => false, entityActions: () => null, relationActions: () => null,
  legendItem: (label, text) => make('span', {class: 'name', title: definitionOf(label), text}), drawn: () => {},
  click: event => clickText(event),
};

function selectIds(ids) {
  const relation = view.document.relations.find(r => ids.includes(r.id));
  const shown = ids.filter(id => view.entities.has(id));
  view.selection = {relation: relation ? relation.id : null, entity: relation || shown.length !== 1 ? null : shown[0], shown};
  drawAll();
}

// Selects, tells the server, and says it to screen readers.
function choose(selection) {
  view.selection = {entity: null, relation: null, shown: [], ...selection};
  drawAll();
  sayStatus(describeSelection());
  trigger('select', {ids: [view.selection.relation, view.selection.entity].filter(Boolean)});
}

function describeSelection() {
  const {entity, relation} = view.selection;
  if (relation) {
    const found = view.document.relations.find(r => r.id === relation);
    const said = sentenceOf(view.index, view.entities, found, view.relationLabels.get(found.label)).map(n => n.textContent);
    return (view.look.isDenied(found) ? 'The text denies: ' : '') + said.join('');
  }
  if (!entity) return summary();
  const found = view.entities.get(entity);
  return describeEntity(view.index, found, [...view.look.extraOf(found), view.look.stateWords(entity)].filter(Boolean));
}

const summary = () => `${count(view.document.entities.length, 'mention')}, ${count(view.document.relations.length, 'relation')}`;
const sayStatus = words => { parts.status.textContent = words; };

function drawAll() {
  drawText();
  drawLegend();
  drawPanel(parts.panel, view);
  drawRelations();
  sayStatus(describeSelection());
  hooks.drawn();
}

function drawText() {
  const pieces = piecesByLine(view.index, view.document.entities);
  const lanes = Math.max(0, ...view.look.lanes.values()) + (view.look.lanes.size ? 1 : 0);
  parts.text.style.setProperty('--lanes', lanes);
  parts.text.setAttribute('aria-label', `Text ${view.document.id}, ${summary()}`);
  const nodes = parts.text.children;
  view.index.lines.forEach((line, n) => {
    const signature = signatureOf(line, pieces[n], view.look);
    if (nodes[n].signature === signature) return;
    nodes[n].signature = signature;
    drawLine(nodes[n], view.index, line, pieces[n], view.look);
  });
}

function drawLegend() {
  const counts = new Map();
  for (const entity of view.document.entities) counts.set(entity.label, (counts.get(entity.label) || 0) + 1);
  parts.legend.replaceChildren(...[...view.hues.keys()].map(label => {
    const item = hooks.legendItem(label, `${words(label)} ${counts.get(label) || 0}`);
    item.style.setProperty('--ink', `var(--ink-${view.look.hueOf(label)})`);
    item.style.setProperty('--fill', `var(--fill-${view.look.hueOf(label)})`);
    return item;
  }));
  for (const button of parts.arcs.children) button.setAttribute('aria-pressed', button.dataset.arcs === view.arcs ? 'true' : 'false');
}

function definitionOf(label) {
  const guide = view.labels && view.labels.entities.find(item => item.label === label);
  return guide ? quoted(guide.definition) : null;
}

// The relations that are drawn as lines: all, or those of what is selected.
function drawRelations() {
  root.dataset.arcs = view.arcs;
  if (!parts.stage.offsetWidth) return;
  const {entity, relation, shown} = view.selection;
  const chosen = r => r.id === relation || r.head === entity || r.tail === entity || (shown.includes(r.head) && shown.includes(r.tail));
  const drawn = view.arcs === 'off' ? [] : view.document.relations.filter(r => view.arcs === 'all' || chosen(r));
  drawArcs(parts.svg, parts.stage, drawn, view.look, view.arcs === 'all');
}

const isPlace = place => Number.isInteger(place);

// Brings the first selected mention, else the line of a place, into sight, within the text's own scroller only.
function bringIntoSight(place) {
  const node = parts.text.querySelector('.chosen') || (isPlace(place) ? parts.text.children[lastAt(view.index.lines, place)] : null);
  if (!node) return;
  const box = node.getBoundingClientRect(), frame = parts.scroller.getBoundingClientRect();
  if (box.top < frame.top + 30 || box.bottom > frame.bottom - 10) {
    parts.scroller.scrollTop += box.top - frame.top - frame.height / 3;
  }
}

// A click selects the innermost mention; again, the one around it; on a tag, its own.
function clickedEntity(target) {
  const tag = target.closest('.tag');
  if (tag) return tag.dataset.entity;
  const segment = target.closest('.mention');
  if (!segment) return null;
  const ids = segment.dataset.ids.split(' '), at = ids.indexOf(view.selection.entity);
  return at < 0 ? ids[0] : ids[(at + 1) % ids.length];
}

function clickText(event) {
  if (!window.getSelection().isCollapsed) return;
  const arc = event.target.closest('.arc');
  if (arc) choose({relation: arc.dataset.relation});
  else choose({entity: clickedEntity(event.target)});
}

function clickCard(event) {
  const card = event.target.closest('.card');
  if (!card) return;
  const {relation} = card.dataset;
  const {entity} = view.selection;
  const again = view.selection.relation === relation;
  choose({relation: again ? null : relation, entity});
  bringIntoSight();
  const same = parts.panel.querySelector(`.card[data-relation="${CSS.escape(relation)}"]`);
  if (same) same.focus({preventScroll: true});
}

parts.stage.addEventListener('click', event => hooks.click(event));
parts.panel.addEventListener('click', clickCard);
new ResizeObserver(() => window.requestAnimationFrame(drawRelations)).observe(parts.stage);

// The guidelines as text to read and as a form to change; the next version goes to the server as a whole.

const root = element.querySelector('.odin') || element.appendChild(make('div', {class: 'odin guide'}));
const form = {editing: false, waiting: false};
const lines = field => field.value.split('\n').map(line => line.trim()).filter(Boolean);
const button = (text, onclick, main) => make('button', {type: 'button', class: main ? 'tool main' : 'tool', text, onclick});

function area(label, value, hint, rows) {
  const field = make('textarea', {rows: rows || Math.min(8, Math.max(2, Math.ceil(value.length / 90) + value.split('\n').length - 1)), 'data-field': label});
  field.value = value;
  return make('label', {class: 'field'}, make('span', {class: 'facts', text: hint ? `${label} (${hint})` : label}), field);
}

function entryForm(label, hue, kind) {
  const parts = [area('Definition', label.definition), area('Examples', label.examples.join('\n'), 'one a line'), area('Not', label.counter_examples.join('\n'), 'counter-examples, one a line')];
  if (kind === 'relations') parts.splice(1, 0, area('Sentence', label.sentence, 'how it is read aloud, with {head} and {tail}', 1));
  return make('fieldset', {class: 'entry', 'data-kind': kind, 'data-label': label.label}, make('legend', {}, drawName(label.label, hue)), ...parts);
}

function checks(name, labels) {
  return make('div', {class: 'chips', 'data-ends': name}, make('span', {class: 'facts', text: `${name}:`}), ...labels.map(label =>
    make('label', {class: 'check'}, make('input', {type: 'checkbox', value: label}), make('span', {text: words(label)}))));
}

// A new label: its ends matter for a relation only.
function addForm(guide) {
  const names = guide.entities.map(label => label.label);
  const ends = make('div', {hidden: true}, checks('From', names), checks('To', names));
  const kind = make('select', {'aria-label': 'Kind of the new label', onchange: () => { ends.hidden = kind.value !== 'relations'; }}, make('option', {value: 'entities', text: 'mention'}), make('option', {value: 'relations', text: 'relation'}));
  const name = make('input', {type: 'text', class: 'new-name', placeholder: 'Name, such as Device', 'aria-label': 'Name of the new label'});
  return make('fieldset', {class: 'entry new'}, make('legend', {text: 'A new label (leave the name empty for none)'}),
    make('div', {class: 'chips'}, kind, name), ends, area('Definition', '', '', 2), area('Examples', '', 'one a line', 2), area('Not', '', 'counter-examples, one a line', 2));
}

const fieldOf = (part, name) => part.querySelector(`[data-field="${name}"]`);

function readEntry(part) {
  const out = {label: part.dataset.label, definition: fieldOf(part, 'Definition').value.trim(), examples: lines(fieldOf(part, 'Examples')), counter_examples: lines(fieldOf(part, 'Not'))};
  const sentence = fieldOf(part, 'Sentence');
  return sentence ? {...out, sentence: sentence.value.trim()} : out;
}

function readNew(out) {
  const part = root.querySelector('.new'), label = part.querySelector('.new-name').value.trim();
  if (!label) return;
  const kind = part.querySelector('select').value;
  const ends = name => [...part.querySelectorAll(`[data-ends="${name}"] input:checked`)].map(box => box.value);
  const pairs = kind === 'relations' ? {pairs: ends('From').flatMap(head => ends('To').map(tail => [head, tail]))} : {};
  out[kind].push({...readEntry(part), label, ...pairs});
}

function save() {
  const entries = kind => [...root.querySelectorAll(`fieldset[data-kind="${kind}"]`)].map(readEntry);
  const out = {number: props.value.number, entities: entries('entities'), relations: entries('relations'),
    rules: lines(root.querySelector('[data-part="rules"] textarea')), decisions: lines(root.querySelector('[data-part="decisions"] textarea'))};
  readNew(out);
  trigger('saved', out);
}

const linesForm = (part, heading, items) => make('div', {class: 'entry', 'data-part': part}, area(heading, items.join('\n'), 'one a line', Math.min(14, items.length + 2)));

function drawForm({guide, number}) {
  return [make('div', {class: 'tools'}, make('b', {class: 'waiting-count', text: `Editing version ${number}`}), button('Cancel', () => { form.editing = false; draw(); }), button(`Save as version ${number + 1}`, save, true)),
    make('p', {class: 'hint', text: 'Labels can be added, not taken away: notes may use them. Notes that were submitted under an older version are marked.'}),
    ...guide.entities.map((label, n) => entryForm(label, n, 'entities')), ...guide.relations.map(label => entryForm(label, null, 'relations')),
    linesForm('rules', 'Rules for every label', guide.rules), linesForm('decisions', 'Doubtful cases, decided', guide.decisions), addForm(guide)];
}

function drawHistory(versions) {
  const item = version => make('li', {}, make('b', {text: `Version ${version.number}`}), make('span', {text: ` · ${version.by} · ${new Date(version.created).toLocaleString([], {dateStyle: 'medium', timeStyle: 'short'})}`}), version.changes.length ? list(version.changes) : null);
  return make('details', {class: 'history'}, make('summary', {text: versions.length === 1 ? 'One version' : `${versions.length} versions: who changed what`}), make('ol', {reversed: true}, ...[...versions].reverse().map(item)));
}

function draw() {
  const {value} = props;
  if (!value || !value.guide) return root.replaceChildren(make('p', {class: 'hint', text: 'Choose a project to see its guidelines.'}));
  if (form.editing) return root.replaceChildren(...drawForm(value));
  root.replaceChildren(
    make('div', {class: 'tools'}, make('b', {class: 'waiting-count', text: `Version ${value.number}${value.older ? ` · ${value.older}` : ''}`}), button('Edit', () => { form.editing = true; draw(); })),
    drawHistory(value.versions), ...drawGuide(value.guide));
}

// A value from the server is a version that was saved or loaded: there is nothing to edit on any more.
watch('value', () => { form.editing = false; draw(); });
draw();

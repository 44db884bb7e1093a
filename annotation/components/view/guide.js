// The guidelines of a label set, to unfold beside the text.

const root = element.querySelector('.odin') || element.appendChild(make('div', {class: 'odin guide'}));

function drawLabel(guide, hue) {
  const name = make('span', {class: hue === null ? 'verb' : 'name', text: words(guide.label), style: hue === null ? null : `--ink:var(--ink-${hue % HUE_COUNT});--fill:var(--fill-${hue % HUE_COUNT})`});
  return make('div', {class: 'entry'}, name, make('span', {text: ` ${guide.definition}`}),
    guide.examples.length ? make('div', {class: 'facts', text: `yes: ${guide.examples.join(' · ')}`}) : null,
    guide.counter_examples.length ? make('div', {class: 'facts', text: `no: ${guide.counter_examples.join(' · ')}`}) : null);
}

const list = items => make('ul', {}, ...items.map(text => make('li', {text})));

function draw() {
  const guide = props.value;
  if (!guide || !guide.entities) return root.replaceChildren(make('p', {class: 'hint', text: 'Choose a project to see its guidelines.'}));
  root.replaceChildren(
    make('h3', {text: `${guide.name}, version ${guide.version}: mentions`}), ...guide.entities.map((label, n) => drawLabel(label, n)),
    make('h3', {text: 'Relations'}), ...guide.relations.map(label => drawLabel(label, null)),
    ...guide.assertions.length ? [make('h3', {text: 'Assertions'}), list(guide.assertions.map(({value, definition}) => `${value}: ${definition}`))] : [],
    ...guide.rules.length ? [make('h3', {text: 'Rules'}), list(guide.rules)] : [],
    ...guide.decisions.length ? [make('h3', {text: 'Doubtful cases'}), list(guide.decisions)] : []);
}

watch('value', draw);
draw();

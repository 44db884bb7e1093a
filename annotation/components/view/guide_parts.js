// What the guidelines say of a label, as read-only parts.

const list = items => make('ul', {}, ...items.map(text => make('li', {}, ...withCode(text))));

// Which mentions a relation may join, in words: "Drug or Procedure → Disease or Symptom".
function joinedPairs(guide, relation) {
  const heads = new Map();
  for (const [head, tails] of Object.entries(guide.allowed)) {
    const reached = Object.keys(tails).filter(tail => tails[tail].includes(relation)).map(words).join(' or ');
    if (reached) heads.set(reached, [...(heads.get(reached) || []), words(head)]);
  }
  return [...heads].map(([tails, found]) => `${found.join(' or ')} → ${tails}`).join('; ');
}

function drawName(label, hue) {
  const style = hue === null ? null : `--ink:var(--ink-${hue % HUE_COUNT});--fill:var(--fill-${hue % HUE_COUNT})`;
  return make('span', {class: hue === null ? 'verb' : 'name', text: words(label), style});
}

const drawExamples = (heading, kind, examples) => examples.length
  ? make('div', {class: `sample ${kind}`}, make('b', {text: heading}), make('span', {}, ...withCode(examples.join(' · ')))) : null;

function drawLabel(guide, label, hue) {
  return make('div', {class: 'entry'},
    make('div', {class: 'entry-head'}, drawName(label.label, hue), hue === null ? make('span', {class: 'facts', text: joinedPairs(guide, label.label)}) : null),
    make('div', {class: 'definition'}, ...withCode(label.definition || 'no definition yet')),
    drawExamples('✓ yes', 'yes', label.examples), drawExamples('✗ no', 'no', label.counter_examples));
}

function drawGuide(guide) {
  return [
    make('h3', {text: `Mentions (guidelines of ${guide.name}, version ${guide.version})`}), ...guide.entities.map((label, n) => drawLabel(guide, label, n)),
    ...guide.relations.length ? [make('h3', {text: 'Relations'}), ...guide.relations.map(label => drawLabel(guide, label, null))] : [],
    ...guide.assertions.length ? [make('h3', {text: 'Assertions'}), list(guide.assertions.map(({value, definition}) => `${value}: ${definition}`))] : [],
    ...guide.rules.length ? [make('h3', {text: 'Rules for every label'}), list(guide.rules)] : [],
    ...guide.decisions.length ? [make('h3', {text: 'Doubtful cases, decided'}), list(guide.decisions)] : []];
}

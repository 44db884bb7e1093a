// The text: one element a line, cut into segments where mentions begin and end, with a name tag after each mention.
// A line is drawn again only when what it shows has changed, so that long notes stay fast.

const ASSERTION_WORDS = {
  negated: 'negated', uncertain: 'uncertain', hypothetical: 'hypothetical', historical: 'historical', family: 'family',
};

const spansOf = entity => entity.fragments && entity.fragments.length ? entity.fragments : [[entity.start, entity.end]];

// Lane 0 is the bar next to the words. Shorter mentions come first, so that nested ones lie inside.
function assignLanes(entities) {
  const lanes = new Map(), placed = [];
  const inOrder = [...entities].sort((a, b) => (a.end - a.start) - (b.end - b.start) || a.start - b.start);
  for (const entity of inOrder) {
    const taken = new Set(placed.filter(p => p.start < entity.end && entity.start < p.end).map(p => lanes.get(p.id)));
    let lane = 0;
    while (taken.has(lane)) lane++;
    lanes.set(entity.id, lane);
    placed.push(entity);
  }
  return lanes;
}

// What each line has to show: a list, for each line, of {entity, start, end, gap, part} clipped to the line.
function piecesByLine(index, entities) {
  const pieces = index.lines.map(() => []);
  const add = (entity, start, end, gap, part) => {
    for (let n = lastAt(index.lines, start); n < index.lines.length && index.lines[n].start < end; n++) {
      const line = index.lines[n];
      pieces[n].push({entity, start: Math.max(start, line.start), end: Math.min(end, line.end), gap, part});
    }
  };
  for (const entity of entities) {
    const spans = spansOf(entity);
    spans.forEach(([start, end], k) => {
      add(entity, start, end, false, k);
      if (k) add(entity, spans[k - 1][1], start, true, k);
    });
  }
  return pieces;
}

// A segment's layers: the bar of each mention over it, dashed where the mention only passes by.
function layersOf(cover, lanes, hueOf) {
  return cover.map(({entity, gap}) => {
    const ink = `var(--ink-${hueOf(entity.label)})`;
    const bar = gap ? `repeating-linear-gradient(90deg, ${ink} 0 3px, transparent 3px 6px)` : `linear-gradient(${ink}, ${ink})`;
    return `${bar} 0 calc(var(--bars) + ${lanes.get(entity.id)} * 3.5px) / 100% 2px no-repeat`;
  }).join(', ');
}

function tagText(entity, note) {
  const parts = [words(entity.label)];
  if (ASSERTION_WORDS[entity.assertion]) parts.push(ASSERTION_WORDS[entity.assertion]);
  if (note) parts.push(note);
  return parts.join(' · ');
}

// What a screen reader says of a mention.
function describeEntity(index, entity, extra = []) {
  const surface = spansOf(entity).map(([start, end]) => index.slice(start, end)).join(' … ');
  const parts = [surface, words(entity.label)];
  if (entity.assertion) parts.push(entity.assertion);
  if (spansOf(entity).length > 1) parts.push(`in ${spansOf(entity).length} parts`);
  return [...parts, ...extra].join(', ');
}

function drawLine(target, index, line, pieces, look) {
  const cuts = new Set([line.start, line.end]);
  for (const piece of pieces) cuts.add(piece.start).add(piece.end);
  for (const range of look.ranges) {
    for (const at of [range.start, range.end]) if (at > line.start && at < line.end) cuts.add(at);
  }
  const points = [...cuts].sort((a, b) => a - b);
  const nodes = [];
  for (let k = 0; k + 1 < points.length; k++) {
    const [start, end] = [points[k], points[k + 1]];
    const cover = pieces.filter(piece => piece.start <= start && piece.end >= end);
    nodes.push(...drawHandles(cover, start, 0, look), drawSegment(index, start, end, cover, look), ...drawHandles(cover, end, 1, look));
    for (const {entity, part} of endingAt(cover, end)) nodes.push(drawTag(entity, part, index, look));
  }
  target.replaceChildren(...nodes);
}

// The parts of mentions that end here, the innermost first.
function endingAt(cover, end) {
  return cover.filter(({entity, gap, part}) => !gap && spansOf(entity)[part][1] === end)
    .sort((a, b) => (a.entity.end - a.entity.start) - (b.entity.end - b.entity.start));
}

function drawSegment(index, start, end, cover, look) {
  const node = make('span', {class: 'segment', text: index.slice(start, end)});
  for (const range of look.ranges) {
    if (range.start <= start && range.end >= end && range.start < range.end) node.classList.add(range.kind);
  }
  if (!cover.length) return node;
  const solid = cover.filter(piece => !piece.gap);
  node.style.background = layersOf(cover, look.lanes, look.hueOf);
  node.classList.add('covered');
  if (!solid.length) return node;
  const inner = solid.reduce((a, b) => b.entity.end - b.entity.start < a.entity.end - a.entity.start ? b : a).entity;
  node.style.backgroundColor = `var(--fill-${look.hueOf(inner.label)})`;
  node.classList.add('mention');
  node.dataset.ids = solid.sort((a, b) => (a.entity.end - a.entity.start) - (b.entity.end - b.entity.start))
    .map(piece => piece.entity.id).join(' ');
  for (const {entity} of solid) {
    const role = look.roleOf(entity.id);
    if (role) node.classList.add('chosen', role);
    if (start === entity.start) {
      node.style.setProperty('--edge', `var(--ink-${look.hueOf(entity.label)})`);
      node.classList.add('begins');
    }
  }
  return node;
}

// What the mouse takes hold of to move an end (side 0 the start, 1 the end) of a mention that may be moved.
function drawHandles(cover, point, side, look) {
  return cover.filter(({entity, gap, part}) => !gap && look.isMovable(entity.id) && spansOf(entity)[part][side] === point)
    .map(({entity, part}) => make('span', {
      class: `handle ${side ? 'at-end' : 'at-start'}`, 'aria-hidden': 'true', 'data-entity': entity.id, 'data-part': part,
      'data-side': side ? 'end' : 'start', title: 'Drag to move this end (with Alt by characters)',
    }));
}

const ROLE_WORDS = {head: 'from', tail: 'to'};

// The name after a mention; a mention in parts has one after each, of which a screen reader reads the last.
function drawTag(entity, part, index, look) {
  const role = look.roleOf(entity.id), parts = spansOf(entity).length, isLast = part === parts - 1;
  const notes = [parts > 1 ? `${part + 1} of ${parts}` : null, ROLE_WORDS[role], look.markOf(entity)];
  const tag = make('span', {
    class: `tag ${role || ''} ${look.stateOf(entity.id)}`, 'data-entity': entity.id,
    'data-name': tagText(entity, notes.filter(Boolean).join(' · ')), role: 'button', tabindex: -1, 'aria-hidden': isLast ? null : 'true',
    'aria-label': describeEntity(index, entity, [...look.extraOf(entity), look.stateWords(entity.id)].filter(Boolean)), 'aria-pressed': role ? 'true' : 'false',
  });
  const hue = look.hueOf(entity.label);
  tag.style.setProperty('--ink', `var(--ink-${hue})`);
  tag.style.setProperty('--fill', `var(--fill-${hue})`);
  return tag;
}

// Everything that decides how a line looks, as one string.
function signatureOf(line, pieces, look) {
  const shown = pieces.map(({entity, start, end, gap}) => [
    entity.id, entity.label, entity.assertion, start, end, gap, look.lanes.get(entity.id), look.roleOf(entity.id),
    look.stateOf(entity.id), look.markOf(entity), look.extraOf(entity).join(), look.isMovable(entity.id), entity.fragments,
  ]);
  const ranges = look.ranges.filter(range => range.start <= line.end && range.end >= line.start);
  return JSON.stringify([shown, ranges]);
}

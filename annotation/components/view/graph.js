// The relation graph, drawn as it is read: heads on the left, tails on the right, each connected group by itself.

const NODE_HEIGHT = 26, ROW = 38, COLUMN_GAP = 110, GROUP_GAP = 34, MAX_WIDTH = 1080;
const root = element.querySelector('.odin') || element.appendChild(make('div', {class: 'odin graph'}));

const shorten = text => text.length > 30 ? `${text.slice(0, 29)}…` : text;

// The connected groups, the largest first.
function groupsOf(nodes) {
  const groups = [], seen = new Set();
  for (const first of nodes) {
    if (seen.has(first)) continue;
    const group = [first];
    seen.add(first);
    for (const node of group) {
      for (const other of [...node.heads, ...node.tails]) if (!seen.has(other)) { seen.add(other); group.push(other); }
    }
    groups.push(group);
  }
  return groups.sort((a, b) => b.length - a.length);
}

// A node's column is the longest way to it; a way that leads back to itself is not followed.
function columnOf(node, path = new Set()) {
  if (node.column !== undefined) return node.column;
  path.add(node);
  const before = node.heads.filter(head => !path.has(head)).map(head => columnOf(head, path) + 1);
  path.delete(node);
  node.column = Math.max(0, ...before);
  return node.column;
}

// Places a group from (0, 0); returns its size. Within a column, nodes stand near the middle of what leads to them.
function placeGroup(group) {
  const columns = [];
  for (const node of group) (columns[columnOf(node)] ||= []).push(node);
  const tallest = Math.max(...columns.map(column => column.length));
  let x = 0;
  columns.forEach(column => {
    const middle = node => node.heads.reduce((sum, head) => sum + (head.y || 0), 0) / Math.max(1, node.heads.length);
    column.sort((a, b) => middle(a) - middle(b));
    const width = Math.max(...column.map(node => node.width));
    column.forEach((node, n) => { node.x = x + width / 2; node.y = (n + (tallest - column.length) / 2 + 0.5) * ROW; });
    x += width + COLUMN_GAP;
  });
  return {group, width: x - COLUMN_GAP, height: tallest * ROW};
}

// Puts the groups side by side, in rows; returns the size of the whole.
function placeAll(nodes) {
  let x = 0, y = 0, rowHeight = 0, widest = 0;
  for (const {group, width, height} of groupsOf(nodes).map(placeGroup)) {
    if (x && x + width > MAX_WIDTH) { x = 0; y += rowHeight + GROUP_GAP / 2; rowHeight = 0; }
    for (const node of group) { node.x += x; node.y += y; }
    x += width + GROUP_GAP;
    rowHeight = Math.max(rowHeight, height);
    widest = Math.max(widest, x - GROUP_GAP);
  }
  return {width: widest, height: y + rowHeight};
}

// A curve from the side of one node to the facing side of the other, and where its name stands: nearer to the end
// where fewer curves meet.
function curveOf({from, to, shift}) {
  const way = from.x <= to.x ? 1 : -1;
  const x1 = from.x + way * from.width / 2, x2 = to.x - way * (to.width / 2 + 2);
  if (from.column === to.column || way * (x2 - x1) < 8) {
    const side = Math.max(from.x + from.width / 2, to.x + to.width / 2) + 34 + shift;
    const [right1, right2] = [from.x + from.width / 2, to.x + to.width / 2 + 2];
    return {d: `M${right1},${from.y} C${side},${from.y} ${side},${to.y} ${right2},${to.y}`, x: side - 8, y: (from.y + to.y) / 2};
  }
  const bend = (x1 + x2) / 2, t = to.heads.length > from.tails.length ? 0.32 : 0.62;
  const along = (a, b, c, d) => a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t * t * (1 - t) + d * t ** 3;
  return {
    d: `M${x1},${from.y} C${bend},${from.y + shift} ${bend},${to.y + shift} ${x2},${to.y}`,
    x: along(x1, bend, bend, x2), y: along(from.y, from.y + shift, to.y + shift, to.y),
  };
}

function drawEdge(edge, marker) {
  const times = edge.ids.length > 1 ? ` ×${edge.ids.length}` : '';
  const label = `${edge.denied ? 'not ' : ''}${words(edge.label)}${times}`;
  const group = makeSvg('g', {class: `edge${edge.denied ? ' denied' : ''}`, tabindex: 0, role: 'button', 'aria-label': `${edge.from.text} ${label} ${edge.to.text}`});
  const {d, x, y} = curveOf(edge);
  group.append(makeSvg('path', {class: 'reach', d}), makeSvg('path', {d, 'marker-end': `url(#${marker})`}),
    makeSvg('text', {x, y: y + 3.5, 'text-anchor': 'middle'}, label));
  return pressable(group, edge.ids);
}

function drawNode(node) {
  const group = makeSvg('g', {class: 'node', tabindex: 0, role: 'button', 'aria-label': `${node.text}, ${words(node.label)}`});
  group.style.setProperty('--ink', `var(--ink-${node.hue % HUE_COUNT})`);
  group.style.setProperty('--fill', `var(--fill-${node.hue % HUE_COUNT})`);
  group.append(
    makeSvg('title', {}, `${node.text} (${words(node.label)})`),
    makeSvg('rect', {x: node.x - node.width / 2, y: node.y - NODE_HEIGHT / 2, width: node.width, height: NODE_HEIGHT, rx: 7}),
    makeSvg('text', {x: node.x, y: node.y + 4, 'text-anchor': 'middle'}, node.shown),
  );
  return pressable(group, node.ids);
}

function pressable(group, ids) {
  const tell = () => trigger('select', {ids});
  group.addEventListener('click', tell);
  group.addEventListener('keydown', event => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); tell(); } });
  return group;
}

// The nodes and edges joined to each other; edges between the same two nodes are set apart.
function joinUp(value) {
  const nodes = value.nodes.map(node => ({...node, shown: shorten(node.text), heads: [], tails: []}));
  for (const node of nodes) node.width = Math.max(44, node.shown.length * 6.6 + 18);
  const byId = new Map(nodes.map(node => [node.id, node])), between = new Map();
  const edges = value.edges.map(edge => ({...edge, from: byId.get(edge.head), to: byId.get(edge.tail)}))
    .filter(edge => edge.from !== edge.to);
  for (const edge of edges) {
    edge.from.tails.push(edge.to);
    edge.to.heads.push(edge.from);
    const pair = [edge.head, edge.tail].sort().join(' ');
    const before = between.get(pair) || 0;
    edge.shift = Math.ceil(before / 2) * (before % 2 ? -22 : 22);
    between.set(pair, before + 1);
  }
  return {nodes, edges};
}

function draw() {
  const value = props.value && props.value.nodes ? props.value : {nodes: [], edges: []};
  if (!value.nodes.length) {
    root.replaceChildren(make('p', {class: 'hint', text: 'No relations to draw.'}));
    return;
  }
  const {nodes, edges} = joinUp(value);
  const {width, height} = placeAll(nodes);
  const marker = `${element.id}-point`;
  const svg = makeSvg('svg', {viewBox: `-6 -4 ${width + 60} ${height + 8}`, role: 'group', 'aria-label': `Relation graph: ${nodes.length} nodes, ${edges.length} relations`});
  svg.style.maxWidth = `${(width + 60) * 1.15}px`;
  const point = makeSvg('marker', {id: marker, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: 'auto'});
  point.append(makeSvg('path', {d: 'M0,0 L8,4 L0,8 z', class: 'point'}));
  svg.append(point, ...edges.map(edge => drawEdge(edge, marker)), ...nodes.map(drawNode));
  root.replaceChildren(svg);
}

watch('value', draw);
draw();

// Relations as lines above the text. Each runs straight above its row, in a lane of its own, and by the left margin
// when its ends stand on different rows. First the ends are measured, then lanes are given out, then room is made.

const LANE_HEIGHT = 14, MARGIN_LANES = 6, MARGIN_STEP = 7, LETTER_WIDTH = 6.2;

// Where each entity's name line begins: {x, y, row} of the first words, in the coordinates of the stage.
function measureAnchors(stage, relations) {
  const wanted = new Set(relations.flatMap(relation => [relation.head, relation.tail]));
  const origin = stage.getBoundingClientRect(), anchors = new Map();
  for (const segment of stage.querySelectorAll('.mention')) {
    for (const id of segment.dataset.ids.split(' ')) {
      if (!wanted.has(id) || anchors.has(id)) continue;
      const box = segment.getClientRects()[0];
      if (!box) continue;
      anchors.set(id, {
        left: box.left - origin.left, right: box.right - origin.left, y: box.top - origin.top,
        row: Math.round(box.top - origin.top), line: segment.closest('.line'), used: 0, uses: 0,
      });
    }
  }
  return anchors;
}

// Several lines that end at one mention stand side by side.
function spreadEnds(relations, anchors) {
  for (const relation of relations) for (const id of [relation.head, relation.tail]) anchors.get(id).uses++;
  return anchor => {
    const middle = (anchor.left + anchor.right) / 2, room = Math.max(0, anchor.right - anchor.left - 8);
    const step = Math.min(9, room / Math.max(1, anchor.uses - 1));
    return middle + (anchor.used++ - (anchor.uses - 1) / 2) * step;
  };
}

// The straight pieces of each relation: one on a shared row, else one from the margin on each of two rows.
function planRoutes(relations, anchors, sayArc) {
  const shown = relations.filter(relation => anchors.has(relation.head) && anchors.has(relation.tail));
  const place = spreadEnds(shown, anchors);
  const inOrder = shown.map(relation => ({relation, head: anchors.get(relation.head), tail: anchors.get(relation.tail)}))
    .sort((a, b) => Math.abs(a.head.left - a.tail.left) - Math.abs(b.head.left - b.tail.left));
  return inOrder.map(({relation, head, tail}) => {
    const route = {relation, head, tail, from: place(head), to: place(tail), words: sayArc(relation), level: []};
    const half = route.words.length * LETTER_WIDTH / 2 + 4;
    route.sameRow = Math.abs(head.row - tail.row) < 6;
    if (route.sameRow) {
      const middle = (route.from + route.to) / 2;
      route.level.push(levelPiece(head, Math.min(route.from, route.to), Math.max(route.from, route.to), middle, half));
    } else {
      route.level.push(levelPiece(head, 0, route.from, null, 0));
      const margin = MARGIN_LANES * MARGIN_STEP, fits = route.to - margin > 2 * half;
      const middle = fits ? (route.to + margin) / 2 : route.to + half + 8;
      route.level.push(levelPiece(tail, 0, route.to, middle, half));
    }
    return route;
  });
}

function levelPiece(anchor, left, right, middle, half) {
  const ends = middle === null ? [left, right] : [Math.min(left, middle - half), Math.max(right, middle + half)];
  return {row: anchor.row, line: anchor.line, left, right, middle, clearLeft: ends[0] - 3, clearRight: ends[1] + 3};
}

// Gives each straight piece the lowest lane of its row that is free; returns the number of lanes each line needs.
function assignArcLanes(routes) {
  const rows = new Map(), needed = new Map();
  const pieces = routes.flatMap(route => route.level)
    .sort((a, b) => (a.clearRight - a.clearLeft) - (b.clearRight - b.clearLeft));
  for (const piece of pieces) {
    const row = [...rows.keys()].find(key => Math.abs(key - piece.row) < 6) ?? piece.row;
    const taken = rows.get(row) || [];
    rows.set(row, taken);
    const clashes = lane => taken.some(p => p.lane === lane && p.clearLeft < piece.clearRight && piece.clearLeft < p.clearRight);
    piece.lane = 0;
    while (clashes(piece.lane)) piece.lane++;
    taken.push(piece);
    needed.set(piece.line, Math.max(needed.get(piece.line) || 0, piece.lane + 1));
  }
  assignMarginLanes(routes);
  return needed;
}

function assignMarginLanes(routes) {
  const taken = [];
  const across = routes.filter(route => !route.sameRow)
    .sort((a, b) => Math.abs(a.head.row - a.tail.row) - Math.abs(b.head.row - b.tail.row));
  for (const route of across) {
    const top = Math.min(route.head.row, route.tail.row), bottom = Math.max(route.head.row, route.tail.row);
    const load = Array.from({length: MARGIN_LANES}, (_, lane) =>
      taken.filter(t => t.lane === lane && t.top < bottom && top < t.bottom).length);
    route.marginLane = load.indexOf(Math.min(...load));
    taken.push({lane: route.marginLane, top, bottom});
  }
}

function pathOf(route) {
  const height = (piece, anchor) => anchor.y - 9 - piece.lane * LANE_HEIGHT;
  const corner = 5;
  if (route.sameRow) {
    const y = height(route.level[0], route.head), turn = Math.sign(route.to - route.from) * Math.min(corner, Math.abs(route.to - route.from) / 2);
    return `M${route.from},${route.head.y - 1} V${y + corner} Q${route.from},${y} ${route.from + turn},${y} ` +
      `H${route.to - turn} Q${route.to},${y} ${route.to},${y + corner} V${route.tail.y - 2}`;
  }
  const x = (MARGIN_LANES - 1 - route.marginLane) * MARGIN_STEP + 4;
  const up = height(route.level[0], route.head), down = height(route.level[1], route.tail);
  const turn = Math.sign(down - up) * Math.min(corner, Math.abs(down - up) / 2);
  return `M${route.from},${route.head.y - 1} V${up + corner} Q${route.from},${up} ${route.from - corner},${up} ` +
    `H${x + corner} Q${x},${up} ${x},${up + turn} V${down - turn} Q${x},${down} ${x + corner},${down} ` +
    `H${route.to - corner} Q${route.to},${down} ${route.to},${down + corner} V${route.tail.y - 2}`;
}

function drawArc(route, marker, look) {
  const {relation} = route;
  const group = makeSvg('g', {class: `arc ${look.roleOfRelation(relation.id)} ${look.stateOf(relation.id)}`, 'data-relation': relation.id});
  if (look.isDenied(relation)) group.classList.add('denied');
  const path = pathOf(route);
  group.append(makeSvg('path', {class: 'reach', d: path}), makeSvg('path', {d: path, 'marker-end': `url(#${marker})`}));
  const piece = route.level[route.level.length - 1];
  const y = route.tail.y - 9 - piece.lane * LANE_HEIGHT + 3.5;
  group.append(makeSvg('text', {x: piece.middle, y, 'text-anchor': 'middle'}, route.words));
  return group;
}

function drawMarker(id) {
  const marker = makeSvg('marker', {id, viewBox: '0 0 8 8', refX: 6, refY: 4, markerUnits: 'userSpaceOnUse', markerWidth: 9, markerHeight: 9, orient: 'auto'});
  marker.append(makeSvg('path', {d: 'M0,0 L8,4 L0,8 z', class: 'point'}));
  return marker;
}

// Draws the relations. With `makeRoom` each line grows to hold its lanes; else they share what room there is.
function drawArcs(svg, stage, relations, look, makeRoom) {
  svg.replaceChildren();
  const routes = planRoutes(relations, measureAnchors(stage, relations), look.sayArc);
  const needed = assignArcLanes(routes);
  for (const line of stage.querySelectorAll('.line')) {
    const room = makeRoom ? Math.max(0, (needed.get(line) || 0) - 1) * LANE_HEIGHT : 0;
    if ((line.room || 0) !== room) {
      line.room = room;
      line.style.setProperty('--room', `${room}px`);
    }
  }
  if (!routes.length) return;
  const again = measureAnchors(stage, relations);
  for (const route of routes) {
    route.head.y = again.get(route.relation.head).y;
    route.tail.y = again.get(route.relation.tail).y;
  }
  svg.setAttribute('width', stage.scrollWidth);
  svg.setAttribute('height', stage.scrollHeight);
  const marker = `${element.id}-point`;
  svg.append(drawMarker(marker));
  const chosenLast = (a, b) => look.roleOfRelation(a.relation.id).length - look.roleOfRelation(b.relation.id).length;
  svg.append(...routes.sort(chosenLast).map(route => drawArc(route, marker, look)));
}

// Sections of tables. A bar has its counts beside it in words; the tables by label unfold.

const root = element.querySelector('.odin') || element.appendChild(make('div', {class: 'odin figures'}));

function drawBar(parts, widest) {
  const shown = parts.filter(part => part.count), sum = shown.reduce((n, part) => n + part.count, 0);
  const pieces = shown.map(part => make('span', {class: 'piece', 'data-kind': part.kind, style: `flex-grow:${part.count}`}));
  return make('div', {class: 'measured'},
    make('div', {class: 'bar-track', 'aria-hidden': 'true'}, make('div', {class: 'pieces', style: `width:${widest ? 100 * sum / widest : 0}%`}, ...pieces)),
    make('div', {class: 'counts'}, ...parts.map(part => make('span', {class: 'count', 'data-kind': part.kind}, make('i', {class: 'swatch', 'aria-hidden': 'true'}), make('span', {text: `${part.kind} ${part.count}`})))));
}

function drawCell(cell, first, widest) {
  const tag = first ? 'th' : 'td', attributes = first ? {scope: 'row'} : {};
  if (typeof cell === 'string') return make(tag, {...attributes, text: cell});
  if (cell.parts) return make(tag, {...attributes, class: 'wide'}, drawBar(cell.parts, widest));
  return make(tag, attributes, make('span', {text: cell.text}), cell.note ? make('div', {class: 'facts', text: cell.note}) : null);
}

const sumOf = cell => cell.parts ? cell.parts.reduce((n, part) => n + part.count, 0) : 0;

function drawTable({caption, head, rows, folded}) {
  if (!rows.length) return make('p', {class: 'hint', text: caption});
  const widest = Math.max(0, ...rows.flat().map(sumOf));
  const table = make('div', {class: 'sideways', tabindex: 0, role: 'region', 'aria-label': caption || 'Table'}, make('table', {}, folded || !caption ? null : make('caption', {text: caption}),
    make('thead', {}, make('tr', {}, ...head.map(text => make('th', {scope: 'col', text})))),
    make('tbody', {}, ...rows.map(row => make('tr', {}, ...row.map((cell, n) => drawCell(cell, n === 0, widest)))))));
  return folded ? make('details', {}, make('summary', {text: caption}), table) : table;
}

function draw() {
  const {value} = props;
  if (!value) return root.replaceChildren(make('p', {class: 'hint', text: 'Choose a project, then work out its figures.'}));
  root.replaceChildren(...value.sections.map(({title, hint, tables}) => make('section', {}, make('h3', {text: title}), hint ? make('p', {class: 'hint', text: hint}) : null, ...tables.map(drawTable))));
}

watch('value', draw);
draw();

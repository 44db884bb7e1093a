// The relations as a table. A row is chosen by a click anywhere on it, or by its button with the keyboard.

const table = element.querySelector('.relations');
let chosen = null;

function chip(mention) {
  const node = make('span', {class: 'name', text: words(mention.label)});
  node.style.setProperty('--ink', `var(--ink-${mention.hue % HUE_COUNT})`);
  node.style.setProperty('--fill', `var(--fill-${mention.hue % HUE_COUNT})`);
  return node;
}

function sayRelation(row) {
  return row.sentence.split(/(\{head\}|\{tail\})/).filter(Boolean).map(part =>
    part === '{head}' ? make('b', {text: row.head.text})
      : part === '{tail}' ? make('b', {text: row.tail.text}) : make('span', {text: part}));
}

function remarks(row) {
  return [row.head, row.tail].filter(mention => mention.assertion).map(mention => make('div', {
    class: 'remark', text: `${mention.text}: ${mention.assertion}${mention.cue ? ` (“${mention.cue}”)` : ''}`,
  }));
}

function drawScore(score) {
  if (score === null || score === undefined) return make('span', {class: 'quiet', text: 'given'});
  const bar = make('span', {class: 'meter', 'aria-hidden': 'true'}, make('span', {class: 'level'}));
  bar.firstChild.style.width = `${Math.round(score * 100)}%`;
  return make('span', {class: 'score'}, make('span', {text: score.toFixed(2)}), bar);
}

function drawRow(row) {
  const said = [row.denied ? make('span', {class: 'denial', text: 'The text denies: '}) : null, ...sayRelation(row)];
  const statement = row.id === null ? make('span', {class: 'statement'}, ...said.filter(Boolean))
    : make('button', {type: 'button', class: 'statement', 'aria-pressed': String(row.id === chosen)}, ...said.filter(Boolean));
  const kinds = make('div', {class: 'kinds'}, chip(row.head), make('span', {class: 'quiet', text: '→'}), chip(row.tail));
  const evidence = make('div', {class: 'evidence'}, ...row.evidence.map(([text, role]) =>
    role === 'head' || role === 'tail' ? make('mark', {text}) : make('span', {class: role || null, text})));
  return make('tr', {'data-relation': row.id, class: row.id !== null && row.id === chosen ? 'chosen' : null},
    make('td', {}, statement, kinds, ...remarks(row)), make('td', {}, evidence), make('td', {class: 'number'}, drawScore(row.score)));
}

function drawTable() {
  const rows = props.value ? props.value.rows : [];
  if (!rows.some(row => row.id === chosen)) chosen = null;
  if (!rows.length) {
    table.replaceChildren(make('p', {class: 'quiet', text: 'No relations reach the score.'}));
    return;
  }
  const head = make('tr', {}, ...['Relation', 'Evidence', 'Score'].map(text => make('th', {scope: 'col', text})));
  table.replaceChildren(make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows.map(drawRow))));
}

function choose(id) {
  const had = table.contains(document.activeElement);
  chosen = id;
  drawTable();
  const row = id === null ? null : table.querySelector(`tr[data-relation="${CSS.escape(id)}"]`);
  if (row && had) row.querySelector('.statement').focus({preventScroll: true});
}

table.addEventListener('click', event => {
  const row = event.target.closest('tr[data-relation]');
  if (!row || !window.getSelection().isCollapsed) return;
  const id = row.dataset.relation;
  choose(chosen === id ? null : id);
  trigger('select', {ids: chosen === null ? [] : [chosen]});
});
watch('value', drawTable);
watch('chosen', () => {
  if (!props.chosen) return;
  const rows = props.value ? props.value.rows : [];
  const found = rows.find(row => props.chosen.ids.includes(row.id));
  choose(found ? found.id : null);
});
drawTable();

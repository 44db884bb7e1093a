// A message with its tone in words as well as in colour, a list to unfold, and a bar for long work.

const root = element.querySelector('.notice');
const TONES = {warning: 'Warning', problem: 'Problem'};

function drawNotice() {
  const value = props.value;
  root.hidden = !value;
  if (!value) { root.replaceChildren(); return; }
  root.dataset.tone = value.tone;
  const said = make('div', {class: 'words'}, TONES[value.tone] ? make('b', {text: `${TONES[value.tone]}: `}) : null, make('span', {text: value.words}));
  const parts = [said];
  if (value.progress) {
    const {done, total} = value.progress;
    parts.push(make('progress', total ? {value: done, max: total, 'aria-label': 'Progress'} : {'aria-label': 'Progress'}));
  }
  if (value.detail) parts.push(make('div', {class: 'detail', text: value.detail}));
  if (value.items.length) {
    const list = make('ul', {}, ...value.items.map(text => make('li', {text})));
    parts.push(make('details', {}, make('summary', {text: `Show ${value.items.length === 1 ? 'it' : `all ${value.items.length}`}`}), list));
  }
  root.replaceChildren(...parts);
}

watch('value', drawNotice);
drawNotice();

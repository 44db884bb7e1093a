// The reviewer's notes in the order of the queue. Each is a button that carries its note's id and stays the same element
// when the list is sent anew, so that a press opens the note that it was on; rows move only when another note is opened.

const list = element.querySelector('.notes');
const buttons = new Map();

function buttonOf(note) {
  if (!buttons.has(note)) {
    buttons.set(note, make('button', {type: 'button', class: 'note', 'data-note': note, onclick: () => trigger('open', {note})},
      make('span', {class: 'id', text: note}), make('span', {class: 'state'}), make('span', {class: 'why'})));
  }
  return buttons.get(note);
}

// Puts the buttons in order; what has fallen out of place moves, not all that follow it.
function arrange(wanted) {
  wanted.forEach((button, n) => {
    if (list.children[n + 1] === button) list.append(list.children[n]);
    else if (list.children[n] !== button) list.insertBefore(button, list.children[n] || null);
  });
  while (list.children.length > wanted.length) list.lastElementChild.remove();
}

function drawNotes() {
  const {rows = [], open = null, stay = false} = props.value || {};
  for (const [note, state, why] of rows) {
    const button = buttonOf(note), [, shownState, shownWhy] = button.children;
    shownState.textContent = state;
    shownState.dataset.state = state;
    shownWhy.textContent = why;
    if (note === open) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  }
  if (!stay) arrange(rows.map(([note]) => buttonOf(note)));
}

watch('value', drawNotes);
drawNotes();

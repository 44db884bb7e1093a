// Adjudication: only the differences, what each reviewer has in plain words, one key each. Saved one by one.

const root = element.querySelector('.odin') || element.appendChild(make('div', {class: 'odin adjudication'}));
const CHOICES = [['1', 'left'], ['2', 'right'], ['3', 'both'], ['0', 'neither']];
const KIND_WORDS = {boundary: 'another extent', label: 'another label', direction: 'another direction', missing: 'only the first has it',
  extra: 'only the second has it', assertion: 'another assertion'};
const desk = {value: null, at: 0, message: '', busy: Promise.resolve()};

const take = value => {
  desk.value = value && value.differences ? value : null;
  const open = desk.value ? desk.value.differences.findIndex(d => !d.choice) : -1;
  desk.at = Math.max(0, open);
  desk.message = '';
  draw();
};

// One request after the other; the answer is what is on disk.
function ask(request) {
  desk.busy = desk.busy.then(async () => {
    const failed = {error: 'Not saved: the server does not answer. Try again.'};
    const reply = await server.act({ticket: desk.value.ticket, ...request}).catch(() => null) || failed;
    desk.message = reply.error || '';
    if (!reply.error) desk.value = reply;
    else if (request.do === 'decide') desk.value.differences.find(d => d.id === request.difference).choice = null;
    draw(true);
    if (!reply.error && request.do === 'finish') trigger('finished', {document: reply.document});
  });
  return desk.busy;
}

function decide(choice) {
  const difference = desk.value.differences[desk.at];
  if (!difference) return;
  const field = root.querySelector(`li[data-n="${desk.at}"] input`);
  const {id} = difference;
  difference.choice = choice;
  const next = desk.value.differences.findIndex((d, n) => n > desk.at && !d.choice);
  const first = desk.value.differences.findIndex(d => !d.choice);
  const reason = field ? field.value : '';
  desk.at = next >= 0 ? next : first >= 0 ? first : desk.at;
  ask({do: 'decide', difference: id, choice, reason});
}

const open = () => desk.value.differences.filter(d => !d.choice).length;

function finish() {
  if (open()) { desk.message = `${open()} to decide first.`; return draw(true); }
  const reason = root.querySelector('.whole-reason');
  return ask({do: 'finish', gold: desk.value.gold, reason: reason ? reason.value : ''});
}

function drawDifference(difference, n) {
  const [first, second] = desk.value.reviewers, [before, within, after] = difference.context;
  const side = (who, words, choice) => make('button', {type: 'button', class: 'side', 'aria-pressed': [choice, 'both'].includes(difference.choice) ? 'true' : 'false', onclick: () => { desk.at = n; decide(choice); }},
    make('kbd', {text: choice === 'left' ? '1' : '2'}), make('span', {class: 'who', text: who}), make('span', {text: words}));
  const rest = [['3', 'both', 'Both'], ['0', 'neither', 'Neither']].map(([key, choice, text]) => make('button', {type: 'button', class: 'tool', 'aria-pressed': difference.choice === choice ? 'true' : 'false', onclick: () => { desk.at = n; decide(choice); }}, make('kbd', {text: key}), make('span', {text})));
  const reason = make('input', {type: 'text', placeholder: 'reason (optional)', 'aria-label': 'Reason', onfocus: () => { desk.at = n; }});
  reason.value = difference.reason;
  return make('li', {'data-n': n, class: n === desk.at ? 'now' : '', 'aria-current': n === desk.at ? 'true' : false},
    make('div', {class: 'what'}, make('b', {text: difference.kind}), make('span', {text: ` · ${KIND_WORDS[difference.kind]}${difference.choice ? ` · decided: ${difference.choice}` : ''}`})),
    make('div', {class: 'context'}, make('span', {text: `…${before}`}), make('mark', {text: within}), make('span', {text: `${after}…`})),
    make('div', {class: 'sides'}, side(first, difference.left, 'left'), side(second, difference.right, 'right')),
    make('div', {class: 'chips'}, ...rest, reason));
}

function draw(keepFocus) {
  const {value} = desk;
  if (!value) return root.replaceChildren(make('p', {class: 'hint', text: 'Choose a note that two reviewers have submitted.'}));
  const waiting = open();
  const whole = make('input', {type: 'text', class: 'whole-reason', placeholder: 'reason for the whole note (optional)', 'aria-label': 'Reason for the whole note'});
  root.replaceChildren(
    make('div', {class: 'tools', role: 'toolbar', 'aria-label': 'Adjudication'},
      make('b', {text: `${value.document}: ${value.reviewers.join(' and ')}`}),
      make('span', {class: 'waiting-count', text: `${value.agreed} agreed · ${waiting} of ${value.differences.length} differences to decide${value.gold ? ` · gold version ${value.gold} saved` : ''}`}),
      whole, make('button', {type: 'button', class: 'tool main', 'aria-disabled': waiting ? 'true' : 'false', text: waiting ? `Make gold (${waiting} left)` : 'Make gold', onclick: finish})),
    make('p', {class: 'hint', text: 'Keys: 1 first, 2 second, 3 both, 0 neither, j and k to move, Ctrl+Enter to make gold.'}),
    make('ol', {class: 'differences', tabindex: 0, 'aria-label': 'Differences'}, ...value.differences.map(drawDifference)),
    make('div', {class: 'message', role: 'alert', text: desk.message}));
  const now = root.querySelector('li.now');
  if (now) now.scrollIntoView({block: 'nearest'});
  if (keepFocus) root.querySelector('.differences').focus({preventScroll: true});
}

root.addEventListener('keydown', event => {
  if (!desk.value) return;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); return finish(); }
  if (event.target.closest('input') || event.ctrlKey || event.metaKey) return;
  const choice = CHOICES.find(([key]) => key === event.key);
  if (choice) { event.preventDefault(); return decide(choice[1]); }
  if (event.key === 'j' || event.key === 'k') {
    event.preventDefault();
    desk.at = Math.min(desk.value.differences.length - 1, Math.max(0, desk.at + (event.key === 'j' ? 1 : -1)));
    draw(true);
  }
});
watch('value', () => take(props.value));
take(props.value);

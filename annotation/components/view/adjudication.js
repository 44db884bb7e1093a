// Adjudication: only the differences, each reading in plain words with who has it, one key each. Saved one by one.

const root = element.querySelector('.odin') || element.appendChild(make('div', {class: 'odin adjudication'}));
const KIND_WORDS = {boundary: 'another extent', label: 'another label', direction: 'another direction', missing: 'not all have it',
  extra: 'not all have it', assertion: 'another assertion'};
const desk = {value: null, at: 0, message: '', busy: Promise.resolve(), reasons: new Map(), wholeReason: ''};
const together = names => names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}` : names[0];

const take = value => {
  const before = desk.value;
  desk.value = value && value.differences ? value : null;
  const open = desk.value ? desk.value.differences.findIndex(d => !d.keep) : -1;
  desk.at = Math.max(0, open);
  desk.message = '';
  if (!before || !desk.value || before.ticket !== desk.value.ticket) Object.assign(desk, {reasons: new Map(), wholeReason: ''});
  draw();
};

const sayFailed = async () => `Not saved: ${await isLoggedOut()
  ? 'you are logged out. Log in again in another tab, then do it again here' : 'the server does not answer. Try again'}.`;

// One request after the other; the answer is what is on disk.
function ask(request) {
  desk.busy = desk.busy.then(async () => {
    const reply = await server.act({ticket: desk.value.ticket, ...request}).catch(() => null) || {error: await sayFailed()};
    desk.message = reply.error || '';
    if (!reply.error) {
      desk.value = reply;
      if (request.do === 'decide') desk.reasons.delete(request.difference);
      else desk.wholeReason = '';
    } else if (request.do === 'decide') desk.value.differences.find(d => d.id === request.difference).keep = null;
    draw(true);
    if (!reply.error && request.do === 'finish') trigger('finished', {document: reply.document});
    if (!reply.error && request.do === 'correct') trigger('correct', {document: reply.document});
  });
  return desk.busy;
}

// Both, or all: only where several have something that can stand beside the others'.
const canBeAll = difference => difference.kind !== 'assertion' && difference.variants.filter(one => !one.is_empty).length > 1;
const allWords = difference => difference.variants.length > 2 ? 'All' : 'Both';

// As it is typed, until a decision has saved it.
const reasonFor = ({id, reason}) => desk.reasons.has(id) ? desk.reasons.get(id) : reason;

function decide(keep) {
  const difference = desk.value.differences[desk.at];
  if (!difference || !keep) return;
  difference.keep = keep;
  const next = desk.value.differences.findIndex((d, n) => n > desk.at && !d.keep);
  const first = desk.value.differences.findIndex(d => !d.keep);
  const reason = reasonFor(difference);
  desk.at = next >= 0 ? next : first >= 0 ? first : desk.at;
  ask({do: 'decide', difference: difference.id, keep, reason});
}

// Whose reading a key keeps; null where it means nothing here.
function keptBy(key, difference) {
  if (key === '0') return [];
  if (key === 'b') return canBeAll(difference) ? desk.value.reviewers : null;
  const variant = /^[1-9]$/.test(key) && difference.variants[Number(key) - 1];
  return variant ? variant.who : null;
}

const open = () => desk.value.differences.filter(d => !d.keep).length;

// How it ends: 'finish' makes gold, 'correct' opens the merged note in the editor first.
function end(how) {
  if (open()) { desk.message = `${open()} to decide first.`; return draw(true); }
  return ask({do: how, gold: desk.value.gold, reason: desk.wholeReason});
}

const sayKept = ({keep}) => !keep ? '' : keep.length ? ` · decided: ${together(keep)}` : ' · decided: nobody';

function drawDifference(difference, n) {
  const [before, within, after] = difference.context, {keep} = difference;
  const pick = kept => () => { desk.at = n; decide(kept); };
  const isKept = who => Boolean(keep) && who.some(name => keep.includes(name));
  const sides = difference.variants.map((one, k) => make('button', {type: 'button', class: 'side', 'aria-pressed': String(isKept(one.who)), onclick: pick(one.who)},
    make('kbd', {text: k + 1}), make('span', {class: 'who', text: together(one.who)}), make('span', {text: one.words})));
  const rest = [...(canBeAll(difference) ? [['b', desk.value.reviewers, allWords(difference)]] : []), ['0', [], 'None']].map(([key, kept, text]) =>
    make('button', {type: 'button', class: 'tool', 'aria-pressed': String(Boolean(keep) && keep.length === kept.length), onclick: pick(kept)}, make('kbd', {text: key}), make('span', {text})));
  const reason = make('input', {type: 'text', placeholder: 'reason (optional)', 'aria-label': 'Reason', onfocus: () => { desk.at = n; },
    oninput: () => desk.reasons.set(difference.id, reason.value)});
  reason.value = reasonFor(difference);
  return make('li', {'data-n': n, class: n === desk.at ? 'now' : '', 'aria-current': n === desk.at ? 'true' : false},
    make('div', {class: 'what'}, make('b', {text: difference.kind}), make('span', {text: ` · ${KIND_WORDS[difference.kind]}${sayKept(difference)}`})),
    make('div', {class: 'context'}, make('span', {text: `…${before}`}), make('mark', {text: within}), make('span', {text: `${after}…`})),
    make('div', {class: 'sides'}, ...sides),
    make('div', {class: 'chips'}, ...rest, reason));
}

// What the reviewers asked the adjudicator to look at.
function drawRemarks(remarks) {
  if (!remarks.length) return [];
  const items = remarks.map(({who, on, unsure, comment}) => make('li', {}, make('b', {text: who}), make('span', {text: `${unsure ? ' is unsure of ' : ' on '}${on}${comment ? `: ${comment}` : ''}`})));
  return [make('div', {class: 'remarks'}, make('h3', {text: 'What the reviewers say'}), make('ul', {}, ...items))];
}

function drawTools() {
  const {value} = desk, waiting = open();
  const counts = `${value.agreed} agreed · ${waiting} of ${value.differences.length} differences to decide${value.gold ? ` · gold version ${value.gold} by ${value.gold_by}` : ''}`;
  const whole = make('input', {type: 'text', class: 'whole-reason', placeholder: 'reason for the whole note (optional)', 'aria-label': 'Reason for the whole note',
    oninput: () => { desk.wholeReason = whole.value; }});
  whole.value = desk.wholeReason;
  const ends = value.correcting ? [] : [whole,
    make('button', {type: 'button', class: 'tool', 'aria-disabled': String(Boolean(waiting)), title: 'Open the merged note in the editor before it becomes gold (e)', onclick: () => end('correct')},
      make('kbd', {text: 'e'}), make('span', {text: 'Correct it first'})),
    make('button', {type: 'button', class: 'tool main', 'aria-disabled': String(Boolean(waiting)), text: waiting ? `Make gold (${waiting} left)` : 'Make gold', onclick: () => end('finish')})];
  return make('div', {class: 'tools', role: 'toolbar', 'aria-label': 'Adjudication'},
    make('b', {text: `${value.document}: ${together(value.reviewers)}`}), make('span', {class: 'waiting-count', text: counts}), ...ends);
}

function drawDecisions({correcting, differences}) {
  if (correcting) return [make('p', {class: 'hint', text: 'The merged note is open in the editor below. What you make of it there becomes gold.'})];
  return [
    make('p', {class: 'hint', text: 'Keys: 1 – 9 the reading of that number, b both or all, 0 none, j and k to move, e to correct the merged note first, Ctrl+Enter to make gold.'}),
    make('ol', {class: 'differences', tabindex: 0, 'aria-label': 'Differences'}, ...differences.map(drawDifference))];
}

function draw(keepFocus) {
  const {value} = desk;
  if (!value) return root.replaceChildren(make('p', {class: 'hint', text: 'Choose a note that several reviewers have submitted.'}));
  root.replaceChildren(drawTools(), ...value.older.map(text => make('p', {class: 'hint older', text: `⚠ ${text}`})), ...drawRemarks(value.remarks),
    ...drawDecisions(value), make('div', {class: 'message', role: 'alert', text: desk.message}));
  const now = root.querySelector('li.now'), list = root.querySelector('.differences');
  if (now) now.scrollIntoView({block: 'nearest'});
  if (keepFocus && list) list.focus({preventScroll: true});
}

root.addEventListener('keydown', event => {
  if (!desk.value || desk.value.correcting) return;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); return end('finish'); }
  if (event.target.closest('input') || event.ctrlKey || event.metaKey || event.altKey) return;
  const {differences} = desk.value;
  const keep = differences.length ? keptBy(event.key, differences[desk.at]) : null;
  if (!keep && !/^[ejk]$/.test(event.key)) return;
  event.preventDefault();
  if (keep) return decide(keep);
  if (event.key === 'e') return end('correct');
  desk.at = Math.max(0, Math.min(differences.length - 1, desk.at + (event.key === 'j' ? 1 : -1)));
  draw(true);
});
watch('value', () => take(props.value));
take(props.value);

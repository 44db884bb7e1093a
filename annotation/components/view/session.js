// The editing form's link to the server. The server performs each action on what it has on disk and sends back what is
// there now; nothing counts as saved before that. One action at a time: what is pressed meanwhile waits its turn.

const ANSWER_SECONDS = 20;
const session = {ticket: null, version: 0, undecided: 0, submitted: false, gold: false, canUndo: false, canRedo: false, saved: null,
  busy: false, waiting: [], arrived: null, unsent: null, loggedOut: false, conflict: null, message: '', refused: false};

function takeState(state) {
  Object.assign(session, {
    ticket: state.ticket, version: state.version, undecided: state.undecided, submitted: state.submitted,
    gold: state.gold, canUndo: state.can_undo, canRedo: state.can_redo, saved: state.saved,
  });
}

// Runs the steps in the order in which they were asked for; a step may wait for the server.
async function inOrder(step) {
  session.waiting.push(step);
  if (session.busy) return;
  session.busy = true;
  try {
    while (session.waiting.length) await session.waiting.shift()();
  } finally {
    session.busy = false;
    const {arrived} = session;
    session.arrived = null;
    if (arrived) loadNote(arrived.sent);
  }
}

// What the server sends to be shown waits for the actions on the note that it takes the place of.
function take(sent) {
  if (session.busy) session.arrived = {sent};
  else loadNote(sent);
}

const tooLate = seconds => new Promise((_, fail) => setTimeout(() => fail(new Error('no answer')), seconds * 1000));

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// Asks the server to do something; true when it is done and on disk. What was not saved before goes first.
async function send(request) {
  if (!session.ticket) return false;
  if (session.unsent && !isSame(session.unsent, request) && !(await send(session.unsent))) return false;
  session.message = '';
  showSaved('saving …');
  let reply;
  try {
    reply = await Promise.race([server.act({ticket: session.ticket, version: session.version, ...request}), tooLate(ANSWER_SECONDS)]);
    if (!reply) throw new Error('no answer'); // Gradio's client gives undefined where the request failed
  } catch (error) {
    Object.assign(session, {unsent: request, loggedOut: false});
    session.waiting.length = 0;
    showUnsent();
    isLoggedOut().then(loggedOut => { session.loggedOut = loggedOut; showUnsent(); });
    return false;
  }
  session.unsent = null;
  if (reply.conflict) {
    session.conflict = {lines: reply.conflict, request, state: reply.state, document: reply.document};
    session.waiting.length = 0;
  } else {
    Object.assign(session, {message: reply.error || '', refused: Boolean(reply.error)});
    if (reply.state) showReply(reply);
  }
  drawAll();
  return !reply.error && !reply.conflict;
}

function showUnsent() {
  showSaved();
  showMessage();
}

// The new state of the note; what the action made is selected.
function showReply(reply) {
  const before = new Set([...view.entities.keys(), ...view.document.relations.map(r => r.id)]);
  const was = session.submitted;
  takeState(reply.state);
  const at = parts.scroller.scrollTop;
  load({document: reply.document, labels: view.labels});
  parts.scroller.scrollTop = at;
  const made = [...view.document.relations, ...view.document.entities].filter(item => !before.has(item.id));
  if (made.length === 1) {
    const isEntity = view.entities.has(made[0].id);
    choose(isEntity ? {entity: made[0].id} : {relation: made[0].id, entity: view.selection.entity});
  }
  if (was !== session.submitted) trigger('submitted', {document: view.document.id, submitted: session.submitted});
}

const edit = (kind, fields) => send({do: 'edit', edit: {edit: kind, ...fields}});
const step = kind => send({do: kind});

async function sendAgain() {
  if (session.unsent) await send(session.unsent);
}

// After a conflict: show what is there now, then make the own action again on top of it, or let it go.
async function settleConflict(again) {
  const {request, state, document} = session.conflict;
  session.conflict = null;
  takeState(state);
  load({document, labels: view.labels});
  if (again) await send(request);
  else drawAll();
}

const whyUnsent = () => session.loggedOut ? 'you are logged out' : 'the server does not answer';
const clock = time => new Date(time).toLocaleTimeString([], {hour: '2-digit', minute: '2-digit', hour12: false});

function showSaved(words) {
  const text = words || (session.unsent ? `NOT SAVED: ${whyUnsent()}` : session.submitted ? `submitted ${clock(session.saved)}`
    : session.saved ? `saved ${clock(session.saved)}` : '');
  if (parts.saved.textContent !== text) parts.saved.textContent = text;
  parts.saved.classList.toggle('alarm', Boolean(session.unsent));
}

let positionTimer = null;
const chosenId = () => view.selection.relation || view.selection.entity;
function rememberPosition() {
  clearTimeout(positionTimer);
  const {ticket} = session, selected = chosenId();
  positionTimer = setTimeout(() => { server.act({ticket, do: 'position', selected}).catch(() => null); }, 400);
}

// The same at once, before another note comes.
function keepPosition() {
  clearTimeout(positionTimer);
  return send({do: 'position', selected: chosenId()});
}

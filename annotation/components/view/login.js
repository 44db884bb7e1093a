// True where the server is there but no longer knows who is at work: a login ends when the app starts again.
const isLoggedOut = () => fetch('gradio_api/login_check').then(answer => answer.status === 401, () => false);

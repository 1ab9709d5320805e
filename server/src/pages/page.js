/** What the few pages do in a browser: they send what was typed to the API, and show what it answers. */

/** Behind the `#`, which browsers keep to themselves. */
const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @throws {Refusal} with the API's own sentences */
async function ask(method, path, body) {
  const init = { method, headers: { accept: "application/json" } };
  const csrf = /(?:^|; )csrftoken=(\w+)/.exec(document.cookie)?.[1];
  if (csrf) init.headers["x-csrftoken"] = csrf;
  if (body) {
    init.headers["content-type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const response = await fetch(`api/${path}`, init).catch(() => {
    throw new Refusal(0, "The server does not answer. Try again in a moment.");
  });
  const text = await response.text();
  if (response.ok) return text && JSON.parse(text);
  throw new Refusal(response.status, sentencesOf(text) || `The server answered with ${response.status}.`);
}

/** `{"detail": "…"}`, or lists of sentences by field. */
function sentencesOf(text) {
  try {
    return Object.values(JSON.parse(text)).flat().join(" ");
  } catch {
    return "";
  }
}

function element(id) {
  return document.getElementById(id);
}

function show(id, isShown = true) {
  element(id).hidden = !isShown;
}

function say(sentence, isWrong = false) {
  element("status").textContent = sentence;
  element("status").className = isWrong ? "wrong" : "";
}

/** Shows a form. `send` is what sending it does; it gets what was typed and which button was pressed. */
function offer(id, send) {
  const form = element(id);
  show(id);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form, event.submitter, send);
  });
}

async function submit(form, button, send) {
  button.disabled = true;
  say("");
  try {
    await send(Object.fromEntries(new FormData(form)), button.value);
  } catch (error) {
    say(error.message, true);
  }
  button.disabled = false;
}

/** Who is logged in; null for nobody. */
async function me() {
  return ask("GET", "auth/me/").catch((error) => {
    if (error.status === 401 || error.status === 403) return null;
    throw error;
  });
}

/** Lets somebody log in, or make an account where that is open, and goes on from there. */
async function offerLogin(goOn) {
  const { registration, single_sign_on } = await ask("GET", "auth/options/");
  show("register", registration === "open");
  show("sign-on", single_sign_on !== null);
  element("provider").textContent = single_sign_on ?? "";
  offer("login", async (typed, how) => {
    const user = await ask("POST", how === "register" ? "auth/register/" : "auth/login/", typed);
    show("login", false);
    await goOn(user);
  });
}

/** Has somebody who is logged in go on, and everybody else log in first. */
async function withUser(goOn) {
  const user = await me();
  await (user ? goOn(user) : offerLogin(goOn));
}

function confirmEmail() {
  offer("confirm", async () => {
    await ask("POST", "auth/confirm-email/", { token });
    show("confirm", false);
    say("Your e-mail address is confirmed. You may close this page.");
  });
}

function askForReset() {
  offer("forgotten", async (typed) => {
    const { detail } = await ask("POST", "auth/password-reset/", typed);
    show("forgotten", false);
    say(detail);
  });
}

function resetPassword() {
  offer("reset", async ({ password }) => {
    await ask("POST", "auth/password-reset/confirm/", { token, password });
    show("reset", false);
    say("The new password holds from now on, and everybody who was logged in was logged out.");
  });
}

function joinTeam({ email }) {
  element("joiner").textContent = email;
  offer("join", async () => {
    const team = await ask("POST", "invitations/accept/", { token });
    show("join", false);
    say(`You are in the team "${team.name}" now. You may close this page.`);
  });
}

function showMails({ notify_by_mail: isTold }) {
  show("told", isTold);
  show("untold", !isTold);
}

function showAccount(user) {
  element("email").textContent = user.email;
  show("account");
  showMails(user);
  offer("mails", async (_typed, choice) => {
    showMails(await ask("PATCH", "auth/me/", { notify_by_mail: choice === "true" }));
  });
  offer("key", async () => {
    const { key } = await ask("POST", "api-keys/", {});
    const address = new URL("api/projects/", location.href);
    element("command").textContent = `curl ${address} \\\n  -H "Authorization: Api-Key ${key}"`;
    show("made");
    show("key", false);
  });
  offer("leave", async () => {
    await ask("POST", "auth/logout/");
    location.reload();
  });
}

function askForLink() {
  say("This link is not whole. Open it from the mail again.", true);
}

const PAGES = {
  home: () => withUser(showAccount),
  "confirm-email": () => (token ? confirmEmail() : askForLink()),
  "reset-password": () => (token ? resetPassword() : askForReset()),
  invitation: () => (token ? withUser(joinTeam) : askForLink()),
};

try {
  await PAGES[document.body.dataset.page]();
} catch (error) {
  say(error.message, true);
}

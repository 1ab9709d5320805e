/** The few pages that there are for people without a program: what the links in mails lead to, and where a sign-on ends. */

const loginForm = (introduction: string): string => `<form id="login" hidden>
${introduction}
<label>E-mail <input name="email" type="email" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button value="login">Log in</button>
<button class="second" id="register" value="register" hidden>Make an account</button>
<p id="sign-on" hidden>Or <a href="api/auth/oidc/login/">sign on with <span id="provider"></span></a>.</p>
<p><a href="reset-password">Forgot your password?</a></p>
</form>`;

/** By the name that the page has in its address; `home` is at the root. */
const PAGES = {
  home: {
    title: "Uspeech",
    main: `<p>This server transcribes recordings for programs and the command line.</p>
${loginForm("<p>Log in to make an API key.</p>")}
<div id="account" hidden>
<p>You are logged in as <strong id="email"></strong>.</p>
<form id="key" hidden><button>Make an API key</button></form>
<div id="made" hidden>
<p>Keep this key: it is not shown again. It opens all that is yours.</p>
<pre id="command"></pre>
</div>
<form id="mails" hidden>
<button class="second" id="told" value="false" hidden>Send me no mail when a transcription ends</button>
<button class="second" id="untold" value="true" hidden>Send me a mail when a transcription ends</button>
</form>
<form id="leave" hidden><button class="second">Log out</button></form>
</div>
<p>What programs can ask: <a href="api/docs/">the API's reference</a>, and <a href="api/schema/">for programs themselves</a>.</p>`,
  },
  "confirm-email": {
    title: "Confirm your e-mail address",
    main: `<form id="confirm" hidden>
<p>Somebody made an account with this address. Was it you?</p>
<button>Yes, confirm it</button>
</form>`,
  },
  "reset-password": {
    title: "Choose a new password",
    main: `<form id="forgotten" hidden>
<p>A mail brings you a link with which you choose a new password.</p>
<label>E-mail <input name="email" type="email" autocomplete="username" required></label>
<button>Send the mail</button>
</form>
<form id="reset" hidden>
<label>New password <input name="password" type="password" autocomplete="new-password" required></label>
<button>Set it</button>
</form>`,
  },
  invitation: {
    title: "Join a team",
    main: `${loginForm(`<p>Log in with the address that the invitation came to. After a sign-on elsewhere, open the link from the mail again.</p>`)}
<form id="join" hidden>
<p>You are logged in as <strong id="joiner"></strong>.</p>
<button>Join the team</button>
</form>`,
  },
} as const;

export type PageName = keyof typeof PAGES;

export const PAGE_NAMES = Object.keys(PAGES) as PageName[];

/** A page as HTML. It holds nothing of anybody: its script asks the API for that. */
export function documentOf(name: PageName): string {
  const { title, main } = PAGES[name];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="pages/page.css">
<script type="module" src="pages/page.js"></script>
</head>
<body data-page="${name}">
<main>
<h1>${title}</h1>
<noscript><p>This page needs JavaScript. A program can do the same with the API.</p></noscript>
${main}
<p id="status" role="status"></p>
</main>
</body>
</html>
`;
}

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { vi } from "vitest";
import { readReply, type Reply } from "./harness.ts";

/** Speaks to a server as a web page does: keeps cookies, and repeats the CSRF token. */
export class Browser {
  readonly baseUrl: string;
  readonly cookies = new Map<string, string>();
  /** `Set-Cookie` of the last answer. */
  setCookies: string[] = [];

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl;
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  async request(method: string, path: string, init: RequestInit = {}): Promise<Reply> {
    const headers = new Headers(init.headers);
    if (!headers.has("cookie") && this.cookies.size > 0) headers.set("cookie", this.cookieHeader);
    const csrf = this.cookies.get("csrftoken");
    if (csrf && !headers.has("x-csrftoken")) headers.set("x-csrftoken", csrf);
    const url = new URL(path, this.baseUrl);
    const response = await fetch(url, { redirect: "manual", ...init, method, headers });
    this.#keep(response.headers.getSetCookie());
    return readReply(response);
  }

  get(path: string): Promise<Reply> {
    return this.request("GET", path);
  }

  send(method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return this.request(method, path, {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    });
  }

  post(path: string, body: unknown = {}): Promise<Reply> {
    return this.send("POST", path, body);
  }

  /** Makes an account, and is logged in. */
  async register(email: string, password = GOOD_PASSWORD): Promise<Reply["body"]> {
    const { status, body } = await this.post("/api/auth/register/", { email, password });
    if (status !== 201) throw new Error(`Registering was answered with ${status} ${JSON.stringify(body)}.`);
    return body;
  }

  logIn(email: string, password = GOOD_PASSWORD): Promise<Reply> {
    return this.post("/api/auth/login/", { email, password });
  }

  #keep(setCookies: string[]): void {
    this.setCookies = setCookies;
    for (const line of setCookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0\b/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

export const GOOD_PASSWORD = "correct horse battery";

/** A mail that was written into the data folder. */
export interface ReadMail {
  to: string;
  subject: string;
  text: string;
  /** What stands after `#token=`. */
  token: string;
}

/** All mails in the data folder, oldest first. */
export async function mailsOf(dataDir: string): Promise<ReadMail[]> {
  const folder = join(dataDir, "mail");
  const names = await readdir(folder).catch(() => []);
  const mails = names.filter((name) => name.endsWith(".eml")).toSorted();
  return Promise.all(mails.map(async (name) => parseMail(await readFile(join(folder, name), "utf8"))));
}

/** Waits for the mail to somebody about something, the newest of them. */
export function mailTo(dataDir: string, to: string, subject: string): Promise<ReadMail> {
  return vi.waitFor(
    async () => {
      const mails = await mailsOf(dataDir);
      const found = mails.findLast((mail) => mail.to === to && mail.subject === subject);
      if (!found) throw new Error(`There is no mail "${subject}" to ${to}.`);
      return found;
    },
    { timeout: 10_000 },
  );
}

/** Reads the plain texts that the server sends. */
export function parseMail(source: string): ReadMail {
  const [head = "", body = ""] = source.split(/\r?\n\r?\n(.*)/s);
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, "m").exec(head)?.[1]?.trim() ?? "";
  const isQuoted = header("Content-Transfer-Encoding") === "quoted-printable";
  const text = isQuoted ? unquote(body) : body;
  return {
    to: header("To"),
    subject: header("Subject"),
    text,
    token: /#token=([\w-]+)/.exec(text)?.[1] ?? "",
  };
}

function unquote(text: string): string {
  return text
    .replaceAll(/=\r?\n/g, "")
    .replaceAll(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

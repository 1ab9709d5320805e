import { createServer, type AddressInfo } from "node:net";
import { readdir, readFile, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { once } from "node:events";
import { pino } from "pino";
import { SMTPServer } from "smtp-server";
import { expect, onTestFinished, test } from "vitest";
import { mailsOf, parseMail, type ReadMail } from "../../test/browser.ts";
import { temporaryFolder } from "../../test/database.ts";
import { createLog } from "../observe/log.ts";
import { Mailer, removeOldMails } from "./mailer.ts";
import { folderTransport, smtpTransport } from "./transport.ts";

const FROM = "Uspeech <uspeech@example.org>";
const MAIL = {
  to: "ada@example.org",
  subject: "Grüße",
  text: "Ein Link: https://x.example/#token=abc_-123\n\n.\nEnde.\n",
};

/** Longer than a mail's line may be, and with more than ASCII. */
const LONG_MAIL = {
  ...MAIL,
  text: `Grüße aus der Gruppe "Feldforschung im hohen Norden", die einen langen Namen hat.\n\nhttps://a-long-name-of-a-server.example.org/path/invitation#token=abc_-123\n`,
};

interface Received {
  from: string;
  to: string[];
  user: string;
  mail: ReadMail;
}

/** A real mail server on a free port of this machine. @param refusals how many mails it turns away first */
async function mailServer({ refusals = 0 } = {}) {
  const received: Received[] = [];
  let left = refusals;
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    onAuth: ({ username, password }, _, done) =>
      password === "pass word" ? done(null, { user: username }) : done(new Error("Wrong password.")),
    onData(stream, { envelope, user }, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (left-- > 0) return done(Object.assign(new Error("Come back later."), { responseCode: 451 }));
        received.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : "",
          to: envelope.rcptTo.map(({ address }) => address),
          user: String(user),
          mail: parseMail(Buffer.concat(chunks).toString()),
        });
        done();
      });
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
  const { port } = server.server.address() as AddressInfo;
  return { received, url: `smtp://robot:pass%20word@127.0.0.1:${port}` };
}

/** A log to look into. */
function logbook() {
  const lines: string[] = [];
  return { lines, log: pino({}, { write: (line: string) => lines.push(line) }) };
}

test("a mail goes to the server with who it is from, to and about, and arrives as it was written", async () => {
  const { received, url } = await mailServer();
  const mailer = new Mailer(smtpTransport(url, FROM), createLog("silent"));
  mailer.sendLater(MAIL);
  await mailer.settled();
  expect(received).toMatchObject([{ from: "uspeech@example.org", to: ["ada@example.org"], user: "robot" }]);
  expect(received[0]?.mail).toMatchObject({ to: "ada@example.org", token: "abc_-123" });
  expect(received[0]?.mail.text.replaceAll("\r\n", "\n")).toContain(MAIL.text.trim());
  await mailer.close();
});

test("a server that is busy gets the mail again; nothing of the mail or the password is logged", async () => {
  const { received, url } = await mailServer({ refusals: 1 });
  const { lines, log } = logbook();
  const mailer = new Mailer(smtpTransport(url, FROM), log);
  mailer.sendLater(MAIL);
  await mailer.settled();
  expect(received).toHaveLength(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("Come back later.");
  expect(lines.join("")).not.toMatch(/abc_-123|pass word|pass%20word|ada@/);
  await mailer.close();
});

test("a server that is away, or wants another password, is given up without a word of either", async () => {
  const { url } = await mailServer();
  const nobody = createServer().listen(0, "127.0.0.1");
  await once(nobody, "listening");
  const { port } = nobody.address() as AddressInfo;
  await new Promise((resolve) => nobody.close(resolve));
  for (const wrong of [url.replace("pass%20word", "secret"), `smtp://robot:secret@127.0.0.1:${port}`]) {
    const { lines, log } = logbook();
    const mailer = new Mailer(smtpTransport(wrong, FROM), log);
    mailer.sendLater(MAIL);
    // Ends the pauses between the tries.
    await mailer.close();
    expect(lines.length).toBeGreaterThanOrEqual(1);
    expect(lines.at(-1)).toContain("a mail could not be sent");
    expect(lines.join("")).not.toMatch(/abc_-123|secret|ada@/);
  }
});

test("a server that never answers does not keep a process from ending", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const connected = once(silent, "connection");
  const mailer = new Mailer(smtpTransport(`smtp://127.0.0.1:${port}`, FROM), createLog("silent"));
  mailer.sendLater(MAIL);
  const [socket] = await connected;
  await mailer.close();
  // It is still waited for, and given up only now.
  expect(socket.destroyed).toBe(false);
  socket.destroy();
  await mailer.settled();
  silent.close();
});

test("without a server a mail becomes a file that only its owner reads, and the log says which", async () => {
  const folder = await temporaryFolder();
  const { lines, log } = logbook();
  const mailer = new Mailer(folderTransport(join(folder, "mail"), FROM, log), log);
  mailer.sendLater(LONG_MAIL);
  mailer.composeLater(async () => null);
  await mailer.close();
  expect(await mailsOf(folder)).toMatchObject([{ to: "ada@example.org", token: "abc_-123" }]);
  const [name = ""] = await readdir(join(folder, "mail"));
  const path = join(folder, "mail", name);
  const file = await readFile(path, "utf8");
  expect(file).toContain("\r\nContent-Transfer-Encoding: 8bit\r\n");
  expect(file.split("\r\n\r\n").slice(1).join("\r\n\r\n")).toBe(LONG_MAIL.text.replaceAll("\n", "\r\n"));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(lines.join("")).toContain(path);
  expect(lines.join("")).not.toContain("abc_-123");

  await utimes(path, 1_000, 1_000);
  await removeOldMails(join(folder, "mail"), new Date(2_000_000));
  expect(await readdir(join(folder, "mail"))).toEqual([]);
  await removeOldMails(join(folder, "nowhere"), new Date());
});

test("a mail that cannot be written is told to the operator, and the next one goes", async () => {
  const folder = await temporaryFolder();
  const { lines, log } = logbook();
  const mailer = new Mailer(folderTransport(join(folder, "mail"), FROM, log), log);
  mailer.composeLater(() => Promise.reject(new Error("The database is away.")));
  mailer.composeLater(async () => MAIL);
  await mailer.settled();
  expect(lines[0]).toContain("The database is away.");
  expect(await mailsOf(folder)).toHaveLength(1);
  await mailer.close();
});

import { isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";

const LOCAL_PART =
  // oxlint-disable-next-line no-control-regex -- RFC 5321 allows them within quotes
  /^([-!#$%&'*+/=?^_`{}|~0-9A-Z]+(\.[-!#$%&'*+/=?^_`{}|~0-9A-Z]+)*|"([\x01-\x08\x0b\x0c\x0e-\x1f!#-[\]-\x7f]|\\[\x01-\x09\x0b\x0c\x0e-\x7f])*")$/i;
const DOMAIN = /^(?:[A-Z0-9](?:[A-Z0-9-]{0,61}[A-Z0-9])?\.)+[A-Z0-9-]{2,63}(?<!-)$/i;
/** RFC 3696, section 3. */
const EMAIL_CHARACTERS_MAX = 320;

/** What Django's `EmailValidator` takes for an address. */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 0 || text.length > EMAIL_CHARACTERS_MAX || !LOCAL_PART.test(text.slice(0, at))) return false;
  const domain = text.slice(at + 1);
  return domain === "localhost" || isDomain(domain) || isDomain(domainToASCII(domain));
}

function isDomain(domain: string): boolean {
  if (DOMAIN.test(domain)) return true;
  const literal = /^\[([A-F0-9:.]+)\]$/i.exec(domain)?.[1] ?? "";
  return isIPv4(literal) || isIPv6(literal);
}

/** An absolute http or https address without white space, whose host is a name or an IP address. */
export function isWebUrl(text: string): boolean {
  return /^https?:\/\/[^\s/?#]+[^\s]*$/i.test(text) && URL.canParse(text) && new URL(text).hostname !== "";
}

const DATETIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d{0,6})?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/**
 * A time in the ISO 8601 forms that Django takes, a bare date being its midnight; without a zone it is UTC.
 * Undefined where it is no such text or no such time (the 31st of April).
 */
export function parseDatetime(text: string): Date | undefined {
  const match = DATETIME.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const milliseconds = Math.floor(Number((match[7] ?? "").padEnd(6, "0")) / 1000);
  const utc = new Date(0);
  utc.setUTCFullYear(year, month - 1, day);
  utc.setUTCHours(hour, minute, second, milliseconds);
  const same = utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day && utc.getUTCMinutes() === minute;
  if (!same || year === 0 || hour > 23 || second > 59) return undefined;
  const offsetMinutes = zoneMinutes(match[8]);
  return offsetMinutes === undefined ? undefined : new Date(utc.getTime() - offsetMinutes * 60_000);
}

/** Undefined for an offset of a day or more, which is no zone. */
function zoneMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(":", ""));
  if (minutes >= 24 * 60) return undefined;
  return zone.startsWith("-") ? -minutes : minutes;
}

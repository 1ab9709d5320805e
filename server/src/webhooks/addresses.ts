import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** The webhook leads where it must not; the sentence is for its owner. */
export class PrivateAddressError extends Error {
  override name = "PrivateAddressError";

  constructor(host: string) {
    super(
      `${host} has a private, loopback or link-local address, to which webhooks are not delivered. Use a public address, or have ` +
        "the operator allow private ones.",
    );
  }
}

/** What the IANA IPv4 Special-Purpose Address Registry has as not globally reachable, and multicast. */
const NOT_PUBLIC_IPV4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const;

/** Global unicast is 2000::/3; of that, protocol assignments with Teredo, documentation, and 6to4, which wraps IPv4. */
const NOT_PUBLIC_IPV6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const;

const NOT_PUBLIC = new BlockList();
for (const [network, bits] of NOT_PUBLIC_IPV4) NOT_PUBLIC.addSubnet(network, bits, "ipv4");
for (const [network, bits] of NOT_PUBLIC_IPV6) NOT_PUBLIC.addSubnet(network, bits, "ipv6");
const GLOBAL_UNICAST = new BlockList();
GLOBAL_UNICAST.addSubnet("2000::", 3, "ipv6");

/** Whether everybody on the internet means the same machine by an IP address; false for what is no address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !NOT_PUBLIC.check(address, "ipv4");
  return family === 6 && GLOBAL_UNICAST.check(address, "ipv6") && !NOT_PUBLIC.check(address, "ipv6");
}

/** Whether a URL's own host says that it is not public, before any name is resolved. */
export function isPlainlyPrivate(url: URL): boolean {
  const host = hostOf(url);
  if (isIP(host)) return !isPublicAddress(host);
  return /(^|\.)localhost\.?$/i.test(host);
}

/** A URL's host without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

export type AllowAddress = (address: string) => boolean;

/**
 * Resolves a name for a connection, and fails where any of its addresses is not allowed. The connection goes to what this gave, so no
 * second answer of the name server can lead it elsewhere.
 */
export function lookupAllowed(isAllowed: AllowAddress): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error) callback(error, "", 0);
      else if (!first || !addresses.every(({ address }) => isAllowed(address)))
        callback(new PrivateAddressError(hostname), "", 0);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

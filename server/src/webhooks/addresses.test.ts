import { expect, test } from "vitest";
import { isPlainlyPrivate, isPublicAddress } from "./addresses.ts";

const PUBLIC = "1.1.1.1 93.184.215.14 172.32.0.1 100.128.0.1 223.255.255.254 2606:4700::1111 2a00::1";
const NOT_PUBLIC = [
  "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8",
  "192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255",
  ":: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:7f00:1 ::127.0.0.1 64:ff9b::7f00:1 100::1 2001::1 2001:db8::1",
  "2002:7f00:1:: 3fff::1 fc00::1 fd12::1 fe80::1 fe80::1%eth0 ff02::1 example.org 1.1.1",
].join(" ");

test.each(PUBLIC.split(" "))("%s is public", (address) => expect(isPublicAddress(address)).toBe(true));

test.each(NOT_PUBLIC.split(" "))("%s is not", (address) => expect(isPublicAddress(address)).toBe(false));

test.each([
  "http://localhost/",
  "http://a.localhost/",
  "http://LOCALHOST./",
  "http://127.1/",
  "http://2130706433/",
  "http://0x7f.0.0.1/",
  "http://[::1]/",
  "http://[::ffff:169.254.169.254]/",
  "http://0/",
])("%s says so itself", (url) => expect(isPlainlyPrivate(new URL(url))).toBe(true));

test.each(["https://example.org/", "http://1.1.1.1:8080/", "https://localhost.example.org/"])(
  "%s does not",
  (url) => expect(isPlainlyPrivate(new URL(url))).toBe(false),
);

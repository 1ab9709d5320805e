/** The address cannot be listened on; the message says what to do. */
export class ListenError extends Error {
  override name = "ListenError";

  constructor(cause: NodeJS.ErrnoException, host: string, port: number) {
    super(faultOf(cause, host, port), { cause });
  }
}

function faultOf({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === "EADDRINUSE")
    return `Port ${port} on ${host} is in use. Stop what uses it, or choose another with USPEECH_PORT.`;
  if (code === "EACCES")
    return `Port ${port} is not allowed to this user. Choose one from 1024 on with USPEECH_PORT.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `${host} is no address of this machine. Choose one that is with USPEECH_HOST; 0.0.0.0 is all of them.`;
  return `${host}, port ${port}, cannot be listened on: ${message}. Check USPEECH_HOST and USPEECH_PORT.`;
}

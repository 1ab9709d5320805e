import type { Welcome } from "./first-start.ts";

/** What is printed at the first start: the login, the key, and lines that can be pasted into a shell. */
export function welcomeText(welcome: Welcome, address: string): string {
  const auth = `-H "Authorization: Api-Key ${welcome.apiKey}"`;
  return `
  First start. This is shown once: keep it.

    E-mail     ${welcome.email}
    Password   ${welcome.password ?? "(the one in USPEECH_ADMIN_PASSWORD)"}
    API key    ${welcome.apiKey}
    Project    ${welcome.projectId}

  Try it:

    curl -X POST ${address}/api/files/ ${auth} -F project=${welcome.projectId} -F file_type=audio -F file=@interview.mp3
    curl "${address}/api/files/1/?wait=30" ${auth}
    curl "${address}/api/transcripts/1/download/?type=docx" ${auth}
`;
}

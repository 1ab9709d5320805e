import { expect, test } from "vitest";
import { temporaryDatabase } from "../../test/database.ts";
import { audit, forgetOldEntries } from "./audit.ts";

const DAY_MS = 24 * 3_600_000;

function ago(days: number): Date {
  return new Date(Date.now() - days * DAY_MS);
}

test("old entries are forgotten where that is asked for, and young ones cannot be lost", async () => {
  const db = await temporaryDatabase();
  for (const days of [400, 100, 31, 29, 0])
    await audit(db, "operator", "user.created", { type: "user", id: days }, {}, ago(days));
  const kept = async () =>
    (await db.selectFrom("audit_entries").select("subject_id").orderBy("id").execute()).map(
      ({ subject_id }) => subject_id,
    );

  await forgetOldEntries(db, ago(90));
  expect(await kept()).toEqual([31, 29, 0]);
  await forgetOldEntries(db, ago(30));
  expect(await kept()).toEqual([29, 0]);
  await expect(forgetOldEntries(db, ago(10))).rejects.toThrow("entries are added and never changed");
  await expect(db.updateTable("audit_entries").set({ via: "session" }).execute()).rejects.toThrow(
    "entries are added and never changed",
  );
  expect(await kept()).toEqual([29, 0]);
});

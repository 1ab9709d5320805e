import { expect, test } from "vitest";
import { createApiKey, revokeApiKey } from "../../src/api-keys/api-keys.ts";
import { setActive } from "../../src/accounts/users.ts";
import { Client, startServer } from "../harness.ts";

const refused = (detail: string) => ({ status: 403, body: { detail } });

test("credentials are answered line by line as the contract says", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const ask = async (authorization: string | null) => {
    const response = await fetch(
      new URL("/api/files/", admin.baseUrl),
      authorization === null ? {} : { headers: { authorization } },
    );
    return {
      status: response.status,
      body: await response.json(),
      challenge: response.headers.get("www-authenticate"),
    };
  };
  const anonymous = {
    status: 401,
    body: { detail: "Authentication credentials were not provided." },
    challenge: "Api-Key",
  };
  const [prefix = "", secret = ""] = admin.key.split(".");

  expect(await ask(null)).toEqual(anonymous);
  expect(await ask(`Bearer ${admin.key}`)).toEqual(anonymous);
  expect(await ask("Api-Key")).toMatchObject(refused("Invalid API key header. No credentials provided."));
  expect(await ask("Api-Key a b")).toMatchObject(
    refused("Invalid API key header. Key string should not contain spaces."),
  );
  expect(await ask(`Api-Key  ${admin.key}`)).toMatchObject(
    refused("Invalid API key header. Key string should not contain spaces."),
  );
  expect(await ask(`Api-Key ${prefix}${secret}`)).toMatchObject(refused("Invalid API key."));
  expect(await ask(`Api-Key unknown.${secret}`)).toMatchObject(refused("Invalid API key."));
  expect(await ask(`Api-Key ${prefix}.${secret}x`)).toMatchObject(refused("Invalid API key."));
  expect(await ask(`aPI-kEY ${admin.key}`)).toMatchObject({ status: 200 });
});

test("a revoked, an expired and an inactive user's key are refused from the next request on, with the reason", async () => {
  const { admin, app, user } = await startServer({ roles: ["api"] });
  const client = await user("second@example.org");
  const { id } = await app.db
    .selectFrom("users")
    .select("id")
    .where("email", "=", "second@example.org")
    .executeTakeFirstOrThrow();
  expect((await client.get("/api/files/")).status).toBe(200);

  await setActive(app.db, "second@example.org", false);
  expect(await client.get("/api/files/")).toMatchObject(refused("User inactive or deleted."));
  await setActive(app.db, "second@example.org", true);
  expect((await client.get("/api/files/")).status).toBe(200);

  await revokeApiKey(app.db, client.key.split(".")[0] ?? "", new Date());
  expect(await client.get("/api/files/")).toMatchObject(refused("This API key has been revoked."));

  const { key } = await createApiKey(app.db, { userId: id, expiresAt: new Date(Date.now() - 1) }, new Date());
  expect(await new Client(admin.baseUrl, key).get("/api/files/")).toMatchObject(
    refused("This API key has expired."),
  );
});

test("the database holds no key, only a hash of its secret, and when it was last used", async () => {
  const { admin, app } = await startServer({ roles: ["api"] });
  await admin.get("/api/files/");
  const row = await app.db.selectFrom("api_keys").selectAll().executeTakeFirstOrThrow();
  expect(JSON.stringify(row)).not.toContain(admin.key.split(".")[1]);
  expect(row.last_used_at).not.toBeNull();
});

import Sqlite from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { PreparedDatabase } from "./prepared.ts";

function database(): PreparedDatabase {
  const sqlite = new Sqlite(":memory:");
  sqlite.exec("create table fruit (name text); insert into fruit values ('apple'), ('pear')");
  const database = new PreparedDatabase(sqlite);
  onTestFinished(() => database.close());
  return database;
}

test("a query is prepared once", () => {
  const db = database();
  const statement = db.prepare("select name from fruit where name = ?");
  expect(statement.all(["apple"])).toEqual([{ name: "apple" }]);
  expect(db.prepare("select name from fruit where name = ?")).toBe(statement);
  expect(statement.all(["pear"])).toEqual([{ name: "pear" }]);
});

test("the statements that were used last are kept, and no more than a bounded number", () => {
  const db = database();
  const often = db.prepare("select 'often'");
  const once = db.prepare("select 'once'");
  for (let i = 0; i < 600; i += 1) {
    db.prepare(`select ${i}`);
    expect(db.prepare("select 'often'")).toBe(often);
  }
  expect(db.prepare("select 'once'")).not.toBe(once);
});

test("a query can be run while its rows are being read", () => {
  const db = database();
  const seen: unknown[] = [];
  for (const row of db.prepare("select name from fruit").iterate([]))
    seen.push(row, db.prepare("select name from fruit").all([]).length);
  expect(seen).toEqual([{ name: "apple" }, 2, { name: "pear" }, 2]);
});

test("a kept query sees a column that was added after it was prepared", () => {
  const db = database();
  expect(db.prepare("select * from fruit").all([])).toHaveLength(2);
  db.prepare("alter table fruit add column colour text default 'green'").run();
  expect(db.prepare("select * from fruit limit 1").all([])).toEqual([{ name: "apple", colour: "green" }]);
  expect(db.prepare("select * from fruit").all([])[1]).toEqual({ name: "pear", colour: "green" });
});

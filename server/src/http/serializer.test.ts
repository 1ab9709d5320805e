import { describe, expect, expectTypeOf, test } from "vitest";
import { type FieldErrors, NotFound, ValidationError } from "./errors.ts";
import { Invalid } from "./field.ts";
import { boolean, char, choice, datetime, integer, readOnly, relation } from "./fields.ts";
import { type Output, serializer, type Valid } from "./serializer.ts";
import { arrayOf, nullable, objectOf, oneOf } from "./shapes.ts";

const Owner = serializer("Owner", { id: readOnly("integer"), name: char() });

const Thing = serializer(
  "Thing",
  {
    id: readOnly("integer"),
    title: char({ maxLength: 5 }),
    kind: choice(["a", "b"], { default: "a" }),
    note: char({ required: false, allowNull: true, help: "What else?" }),
    low: integer({ required: false }),
    high: integer({ required: false }),
    at: datetime({ required: false }),
    owner: relation(),
    owners: readOnly(arrayOf(Owner.shape)),
    status: readOnly(nullable(oneOf(["x", "y"]))),
  },
  ({ low, high }) => {
    if (low !== undefined && high !== undefined && low > high) throw new Invalid("Low is above high.");
  },
);

const relations = { owner: async (id: number) => (id === 7 ? { id, name: "me" } : undefined) };

async function errorsOf(validating: Promise<unknown>): Promise<FieldErrors> {
  const error = await validating.catch((error: unknown) => error);
  if (!(error instanceof ValidationError)) throw new Error("was not refused", { cause: error });
  return error.body as FieldErrors;
}

describe("a serializer", () => {
  test("gives what was found for a relation, defaults, and nothing that was not asked for", async () => {
    const data = { id: 5, title: " t ", owner: "7", unknown: 1, status: "x" };
    const values = await Thing.validate(data, { relations });
    expect(values).toEqual({ title: "t", kind: "a", owner: { id: 7, name: "me" } });
    expectTypeOf(values.owner).toEqualTypeOf<{ id: number; name: string }>();
  });

  test("knows at compile time what it gives and what answers hold", () => {
    expectTypeOf<Valid<typeof Owner>>().toEqualTypeOf<{ name: string }>();
    expectTypeOf<Valid<typeof Thing>["kind"]>().toEqualTypeOf<"a" | "b">();
    expectTypeOf<Valid<typeof Thing>["note"]>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<Output<typeof Thing>>().toEqualTypeOf<{
      id: number;
      title: string;
      kind: "a" | "b";
      note: string | null;
      low: number;
      high: number;
      at: string;
      owner: number;
      owners: { id: number; name: string }[];
      status: "x" | "y" | null;
    }>();
  });

  test("tells every fault in the order of the fields, and checks fields together only where each is fine", async () => {
    const errors = await errorsOf(Thing.validate({ low: "x", kind: "c", high: 1 }, { relations }));
    expect(Object.entries(errors)).toEqual([
      ["title", ["This field is required."]],
      ["kind", ['"c" is not a valid choice.']],
      ["low", ["A valid integer is required."]],
      ["owner", ["This field is required."]],
    ]);
    const together = Thing.validate({ title: "t", owner: 7, low: 2, high: 1 }, { relations });
    expect(await errorsOf(together)).toEqual({ non_field_errors: ["Low is above high."] });
  });

  test("in a partial update asks for nothing and fills nothing in, but refuses what is wrong", async () => {
    expect(await Thing.validatePartial({}, { relations })).toEqual({});
    expect(await Thing.validatePartial({ note: null }, { relations })).toEqual({ note: null });
    expect(await errorsOf(Thing.validatePartial({ title: "123456" }, { relations }))).toEqual({
      title: ["Ensure this field has no more than 5 characters."],
    });
  });

  test("lets errors through that are no faults of a field", async () => {
    const hidden = { owner: (id: number) => Promise.reject(new NotFound(`No owner ${id}.`)) };
    const validating = Thing.validate({ title: "t", owner: 7 }, { relations: hidden });
    await expect(validating).rejects.toBeInstanceOf(NotFound);
  });

  test("is not led astray by names that objects inherit", async () => {
    const Odd = serializer("Odd", {
      constructor: char({ required: false }),
      toString: boolean({ default: true }),
    });
    expect(await Odd.validate({})).toEqual({ toString: true });
  });

  test("describes its answers with the parts they refer to", () => {
    const nested = objectOf({ things: arrayOf(Thing.shape) });
    expect(Object.keys(nested.components)).toEqual(["Owner", "Thing"]);
    expect(Thing.responseSchema()).toMatchObject({
      properties: {
        owners: { type: "array", items: { $ref: "#/components/schemas/Owner" } },
        status: { type: ["string", "null"], enum: ["x", "y", null] },
        note: { type: ["string", "null"], description: "What else?" },
      },
    });
  });
});

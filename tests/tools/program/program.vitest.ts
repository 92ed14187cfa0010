import { expect, test } from "vitest";

test("the program prints its report", async () => {
  const outcome = await import("./main.ts").then(
    () => "done",
    (error: Error) => {
      console.log(JSON.stringify({ error: error.message }));
      return "refused";
    },
  );
  expect(["done", "refused"]).toContain(outcome);
});

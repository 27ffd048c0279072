import { assertEquals } from "@std/assert";
import { ChallengeAnswers } from "../../lib/acme/challenge_answers.ts";
import { Challenges } from "../../lib/acme/store/challenges.ts";
import { TICK_MS, Wheel } from "../../lib/time/timer_wheel.ts";

const TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ";
const OTHER = "0vaGxfADs6pSRb2LAv9IZf17Dt3juxGJ";

/** A store, and how often it was read. */
class Scene implements AsyncDisposable {
  readonly #folder = Deno.makeTempDirSync();
  readonly wheel = new Wheel(0);
  readonly problems: unknown[] = [];
  looks = 0;
  reads = 0;
  /** Thrown in place of the next look. */
  fault: Error | undefined;
  readonly store = new Challenges(this.#folder);
  readonly answers: ChallengeAnswers;

  constructor() {
    Deno.mkdirSync(`${this.#folder}/challenges`);
    const readDir = (path: string | URL) => {
      this.looks++;
      const { fault } = this;
      this.fault = undefined;
      if (fault !== undefined) throw fault;
      return Deno.readDir(path);
    };
    const readTextFile = (path: string | URL) => {
      this.reads++;
      return Deno.readTextFile(path);
    };
    this.answers = new ChallengeAnswers({
      store: this.#folder,
      disk: { ...Deno, readDir, readTextFile },
      wheel: this.wheel,
      onProblem: (error) => this.problems.push(error),
    });
  }

  /** Resolves with an answer, while time passes. */
  async get<Value>(answer: Promise<Value>): Promise<Value> {
    let isOver = false;
    answer.finally(() => isOver = true);
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (!isOver) this.wheel.turn(this.wheel.now + TICK_MS);
    }
    return await answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

Deno.test("challenge answers: a pending token is answered, and no other one", async () => {
  await using scene = new Scene();
  await scene.store.save(TOKEN, `${TOKEN}.print`);
  assertEquals(await scene.get(scene.answers.answer(TOKEN)), `${TOKEN}.print`);
  assertEquals(await scene.get(scene.answers.answer(OTHER)), undefined);
  await scene.store.remove(TOKEN);
  assertEquals(await scene.get(scene.answers.answer(TOKEN)), undefined);
});

Deno.test("challenge answers: a token that was stored before the request is found, whatever was asked for just before", async () => {
  await using scene = new Scene();
  for (let round = 0; round < 20; round++) {
    const token = `${TOKEN}${round}`;
    const early = scene.answers.answer(token);
    const stored = scene.store.save(token, "print");
    const late = stored.then(() => scene.answers.answer(token));
    await scene.get(early);
    assertEquals(await scene.get(late), "print", `round ${round}`);
  }
});

Deno.test("challenge answers: what is no token never reaches the store", async () => {
  await using scene = new Scene();
  for (const text of ["", "..", "../accounts/x", "short", "a".repeat(201), `${TOKEN}%2f`]) {
    assertEquals(await scene.answers.answer(text), undefined, text);
  }
  assertEquals([scene.looks, scene.reads], [0, 0]);
});

Deno.test("challenge answers: a flood looks at the store once in 100 ms, and reads a pending token once in that time", async () => {
  await using scene = new Scene();
  await scene.store.save(TOKEN, "print");
  for (let round = 0; round < 3; round++) {
    const flood = Array.from(
      { length: 500 },
      (_, index) => scene.answers.answer(index % 2 === 0 ? TOKEN : `${OTHER}${index}`),
    );
    const answers = await scene.get(Promise.all(flood));
    assertEquals(answers.filter((answer) => answer === "print").length, 250);
  }
  assertEquals([scene.looks, scene.reads], [3, 3]);
  assertEquals(scene.wheel.now >= 200, true, `${scene.wheel.now} ms`);
});

Deno.test("challenge answers: a store that cannot be read is told of, and read again for the next request", async () => {
  await using scene = new Scene();
  await scene.store.save(TOKEN, "print");
  scene.fault = new Deno.errors.PermissionDenied("no");
  assertEquals(await scene.get(scene.answers.answer(TOKEN)), undefined);
  assertEquals(scene.problems.length, 1);
  assertEquals(await scene.get(scene.answers.answer(TOKEN)), "print");
});

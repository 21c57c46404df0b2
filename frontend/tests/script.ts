/** A connection for tests whose answers are scripted. */

type Call = readonly [method: string, data: Record<string, unknown>];

/** Answers each call of a method with the next thing scripted for it; waits where nothing is. */
export class Script {
  calls: Call[] = [];
  answers: Record<string, unknown[]> = {};
  waiting: Record<string, ((answer: unknown) => void)[]> = {};

  async call(method: string, data: object): Promise<unknown> {
    this.calls.push([method, data as Record<string, unknown>]);
    const answer = this.answers[method]?.shift()
      ?? (await new Promise((resolve) => (this.waiting[method] ??= []).push(resolve)));
    if (answer instanceof Error) throw answer;
    return answer;
  }

  of(method: string): Record<string, unknown>[] {
    return this.calls.filter(([called]) => called === method).map(([, data]) => data);
  }

  /** Answer the oldest call of `method` that waits. */
  answer(method: string, answer: unknown): void {
    this.waiting[method]?.shift()?.(answer);
  }
}

import { customerRow } from "./customerRow.ts";
import type { Names } from "./names.ts";
import { Person, type Registration } from "./person.ts";
import type { Places } from "./places.ts";
import { customerIdAt, customerOrder, type Population } from "./population.ts";
import { Values } from "./values.ts";

const rowBytesMax = 1_024;

/** Writes pieces of the customer table and, beside them, whose each row is. */
export class CustomerRows {
  readonly #population: Population;
  readonly #person: Person;
  readonly #values: Values;
  readonly #order;

  constructor(population: Population, { names, places }: { names: Names; places: Places }) {
    this.#population = population;
    this.#person = new Person(population, { names, places });
    this.#values = new Values({ names, places });
    this.#order = customerOrder(population);
  }

  /** The rows at the places from `from` to `to` of the shuffled table, as UTF-8 with CRLF. */
  write(from: number, to: number): { rows: Uint8Array; persons: Uint8Array } {
    const { rowPerson, firstRow } = this.#population;
    let rows = Buffer.allocUnsafeSlow((to - from) * 256 + rowBytesMax);
    const persons = Buffer.allocUnsafeSlow((to - from) * 24);
    let [at, personAt] = [0, 0];
    for (let position = from; position < to; position += 1) {
      const number = this.#order.place(position);
      const person = this.#person.set(rowPerson[number] as number);
      const which = number - (firstRow[person.number] as number);
      const registration = person.registrations[which] as Registration;
      const id = customerIdAt(position);
      if (rows.length - at < rowBytesMax) rows = Buffer.concat([rows, Buffer.allocUnsafe(rows.length)]);
      at += rows.write(`${customerRow({ person, registration, id }, this.#values)}\r\n`, at, "utf8");
      personAt += persons.write(`${id},${person.number}\n`, personAt, "latin1");
    }
    return { rows: rows.subarray(0, at), persons: persons.subarray(0, personAt) };
  }
}

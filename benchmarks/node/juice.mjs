// Inlines the page in the file that is named, so many times, and prints the seconds of each.
import { readFileSync } from "node:fs";
import juice from "juice";

const [file, rounds] = process.argv.slice(2);
const page = readFileSync(file, "utf8");
const seconds = [];
for (let round = 0; round < Number(rounds); round += 1) {
  const started = process.hrtime.bigint();
  juice(page, { preserveMediaQueries: true, applyStyleTags: true, removeStyleTags: true });
  seconds.push(Number(process.hrtime.bigint() - started) / 1e9);
}
console.log(JSON.stringify(seconds));

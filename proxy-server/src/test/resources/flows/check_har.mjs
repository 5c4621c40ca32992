// Checks a HAR from standard input by the schema of @har-sdk/validator, which the directory named first holds; prints what is wrong.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(process.argv[2] + '/');
const { HarValidator } = require('@har-sdk/validator');
const har = JSON.parse(readFileSync(0, 'utf8'));
const errors = await new HarValidator().verify(har);
console.log(`${har.log.entries.length} entries, ${errors.length} errors`);
for (const error of errors) {
  console.log(JSON.stringify(error));
}
process.exitCode = errors.length > 0 ? 1 : 0;

// Reads a style from standard input and writes the style specification's findings as JSON.
import { readFileSync } from 'node:fs';
const { validateStyleMin } = await import(process.argv[2]);
const style = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(validateStyleMin(style).map((found) => found.message)));

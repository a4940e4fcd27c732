// node samples.mjs DIR: what the WebAssembly in DIR, a built examples/web, makes of each sample, as JSON, without a browser.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const directory = resolve(process.argv[2]);
const { loadNetwork, SIDE } = await import(pathToFileURL(`${directory}/network.js`));
const network = await loadNetwork(readFileSync(`${directory}/build/digits.wasm`));
const samples = readFileSync(`${directory}/build/samples.bin`);
const pictures = Array.from({ length: samples.length / SIDE ** 2 }, (_, i) => samples.subarray(i * SIDE ** 2, (i + 1) * SIDE ** 2));
console.log(JSON.stringify(pictures.map((pixels) => ({
  pixels: [...pixels],
  probabilities: [...network(pixels).probabilities],
  layers: network(pixels).layers.map((layer) => ({ ...layer, values: [...layer.values] })),
}))));

// The page: what is drawn, or the sample that was chosen, goes through the network, and what it says is shown, once a frame.
import { largest, newBars, newCanvas, newMaps, paintPicture } from "./charts.js";
import { pictureOf } from "./drawing.js";
import { loadNetwork, SIDE } from "./network.js";
import { Paper } from "./paper.js";

// What is on the page now, for whoever asks at the console: (await import("./page.js")).shown
export const shown = { pixels: null, probabilities: null, layers: null };

const find = (id) => document.getElementById(id);

const named = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

async function load(file) {
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(`${file} is missing (${answer.status}): say make in examples/web first`);
  return answer.arrayBuffer();
}

function splitSamples(bytes) {
  const size = SIDE * SIDE;
  return Array.from({ length: bytes.byteLength / size }, (_, i) => new Uint8Array(bytes, i * size, size));
}

function addSamples(samples, choose) {
  samples.forEach((pixels, i) => {
    const button = document.createElement("button"), canvas = newCanvas(SIDE);
    button.type = "button";
    button.ariaLabel = `${named(i >> 1)}, handwriting ${1 + (i & 1)}`;
    button.append(canvas);
    button.addEventListener("click", () => choose(pixels, canvas));
    find("samples").append(button);
    paintPicture(canvas, pixels);
  });
}

async function main() {
  const [network, sampleBytes] = await Promise.all([load("build/digits.wasm").then(loadNetwork), load("build/samples.bin")]);
  const showBars = newBars(find("bars")), showMaps = newMaps(find("maps"));
  let sample = null, waiting = false;

  function show() {
    waiting = false;
    shown.pixels = pictureOf(paper.strokes) ?? sample;
    Object.assign(shown, shown.pixels ? network(shown.pixels) : { probabilities: null, layers: null });
    const answer = shown.pixels ? `This is ${named(largest(shown.probabilities))}.` : "Draw a digit.";
    if (find("answer").textContent !== answer) find("answer").textContent = answer; // said aloud only when it changes
    paintPicture(find("seen"), shown.pixels);
    showBars(shown.probabilities);
    showMaps(shown.layers);
  }
  function changed() {
    if (!waiting) requestAnimationFrame(show);
    waiting = true;
  }
  function choose(pixels, canvas) {
    paper.clear(canvas);
    sample = pixels;
  }

  const paper = new Paper(find("paper"), () => {
    sample = null;
    changed();
  });
  find("clear").addEventListener("click", () => paper.clear());
  addSamples(splitSamples(sampleBytes), choose);
  showMaps(network(new Uint8Array(SIDE * SIDE)).layers); // makes the figures
  show();
}

main().catch((error) => {
  find("answer").textContent = error.message;
  find("answer").classList.add("error");
});

// A drawing becomes a picture as the network's samples and MNIST's digits are: in a box of 20x20 pixels, with its centre of mass in
// the middle, by a pen that is as thick however large the drawing was. The same arithmetic as in ../lenet5/make_samples.py.
import { SIDE } from "./network.js";

const BOX = 20;
const RADIUS = 1.25; // of the pen, with which digits have as much ink as those of MNIST; their edge is soft over 1.2 pixels
const REACH = RADIUS + 0.6;
const SMALLEST = 0.1; // of the paper: what is smaller, a dot, is not made as large as the box

// strokes: lists of points [x, y] from 0 to 1, y downwards. Returns SIDE * SIDE bytes, or null when nothing was drawn.
export function pictureOf(strokes) {
  const points = strokes.flat();
  if (points.length === 0) return null;
  const [left, right] = range(points.map(([x]) => x));
  const [top, bottom] = range(points.map(([, y]) => y));
  const scale = (BOX - 2 * RADIUS) / Math.max(right - left, bottom - top, SMALLEST);
  const boxed = move(strokes, (x) => (x - (left + right) / 2) * scale + SIDE / 2, (y) => (y - (top + bottom) / 2) * scale + SIDE / 2);
  const [massX, massY] = centreOfMass(ink(boxed));
  const centred = move(boxed, (x) => x + SIDE / 2 - massX, (y) => y + SIDE / 2 - massY);
  return Uint8Array.from(ink(centred), (coverage) => Math.round(255 * coverage));
}

function range(numbers) {
  return numbers.reduce(([low, high], number) => [Math.min(low, number), Math.max(high, number)], [Infinity, -Infinity]);
}

function move(strokes, moveX, moveY) {
  return strokes.map((stroke) => stroke.map(([x, y]) => [moveX(x), moveY(y)]));
}

// Coverage of each pixel, 0 to 1, by how far its middle is from the nearest line.
function ink(strokes) {
  const coverage = new Float64Array(SIDE * SIDE);
  for (const stroke of strokes) {
    stroke.forEach((to, i) => inkLine(coverage, stroke[Math.max(i - 1, 0)], to));
  }
  return coverage;
}

function inkLine(coverage, from, to) {
  const [firstX, lastX] = pixelsAround(from[0], to[0]);
  const [firstY, lastY] = pixelsAround(from[1], to[1]);
  for (let y = firstY; y <= lastY; y++) {
    for (let x = firstX; x <= lastX; x++) {
      const covered = (REACH - distance([x + 0.5, y + 0.5], from, to)) / 1.2;
      coverage[y * SIDE + x] = Math.max(coverage[y * SIDE + x], Math.min(covered, 1));
    }
  }
}

function pixelsAround(a, b) {
  return [Math.max(0, Math.floor(Math.min(a, b) - REACH)), Math.min(SIDE - 1, Math.ceil(Math.max(a, b) + REACH))];
}

// Of a point from the line between two others, which may be the same.
function distance([x, y], [fromX, fromY], [toX, toY]) {
  const alongX = toX - fromX, alongY = toY - fromY;
  const squared = alongX * alongX + alongY * alongY;
  const part = squared > 0 ? Math.min(1, Math.max(0, ((x - fromX) * alongX + (y - fromY) * alongY) / squared)) : 0;
  return Math.hypot(x - fromX - part * alongX, y - fromY - part * alongY);
}

function centreOfMass(coverage) {
  let sum = 0, sumX = 0, sumY = 0;
  coverage.forEach((mass, i) => {
    sum += mass;
    sumX += mass * ((i % SIDE) + 0.5);
    sumY += mass * (Math.floor(i / SIDE) + 0.5);
  });
  return [sumX / sum, sumY / sum];
}

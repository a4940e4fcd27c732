// The paper to draw on: strokes of a mouse, a finger, a pen or the keyboard, kept as points from 0 to 1 and painted as they come.
const THICKNESS = 0.075; // of the paper's side
const KEY_STEP = 1 / 28;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// A captured pointer goes on beyond the edge.
function onPaper(number) {
  return Math.min(1, Math.max(0, number));
}

// canvas: a square. changed: is called whenever strokes have changed. The strokes are in .strokes.
export class Paper {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.strokes = [];
    this.under = null; // a picture to paint instead of strokes: a canvas
    this.pointer = null; // which draws now
    this.keyPen = { at: [0.5, 0.5], down: false };
    canvas.addEventListener("pointerdown", (event) => this.pointerDown(event));
    canvas.addEventListener("pointermove", (event) => this.pointerMoves(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => this.pointerEnds(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    for (const focus of ["focus", "blur"]) canvas.addEventListener(focus, () => this.paint());
    this.paint();
  }

  // Away with all strokes; under takes their place.
  clear(under = null) {
    this.strokes = [];
    this.under = under;
    this.pointer = null;
    this.keyPen.down = false;
    this.paint();
    this.changed();
  }

  begin(point) {
    this.under = null;
    this.strokes.push([]);
    this.extend(point);
  }

  extend(point) {
    this.strokes.at(-1).push(point);
    this.paint();
    this.changed();
  }

  pointerDown(event) {
    if (this.pointer !== null || event.button !== 0) return;
    this.pointer = event.pointerId;
    this.keyPen.down = false;
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(this.place(event));
  }

  // Between two frames a pointer may have been at several places.
  pointerMoves(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.extend(this.place(each));
  }

  pointerEnds(event) {
    if (event.pointerId === this.pointer) this.pointer = null;
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [onPaper((event.clientX - box.left) / box.width), onPaper((event.clientY - box.top) / box.height)];
  }

  key(event) {
    const pen = this.keyPen;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down) this.begin(pen.at);
    } else if (event.key in STEPS) {
      pen.at = pen.at.map((at, axis) => onPaper(at + KEY_STEP * STEPS[event.key][axis]));
      if (pen.down) this.extend(pen.at);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
    this.paint();
  }

  paint() {
    const side = this.canvas.width;
    const brush = this.canvas.getContext("2d");
    brush.fillStyle = "black";
    brush.fillRect(0, 0, side, side);
    brush.imageSmoothingEnabled = false;
    if (this.under) brush.drawImage(this.under, 0, 0, side, side);
    brush.strokeStyle = "white";
    brush.lineWidth = THICKNESS * side;
    brush.lineCap = brush.lineJoin = "round";
    for (const stroke of this.strokes) {
      brush.beginPath();
      brush.moveTo(stroke[0][0] * side, stroke[0][1] * side);
      for (const [x, y] of stroke) brush.lineTo(x * side, y * side);
      brush.stroke();
    }
    if (this.canvas.matches(":focus-visible")) this.paintKeyPen(brush, side);
  }

  // Where the pen of the keyboard is: a ring, filled while it writes.
  paintKeyPen(brush, side) {
    brush.beginPath();
    brush.arc(this.keyPen.at[0] * side, this.keyPen.at[1] * side, (THICKNESS / 2) * side, 0, 2 * Math.PI);
    brush.lineWidth = side / 100;
    brush.strokeStyle = brush.fillStyle = "orange";
    brush.stroke();
    if (this.keyPen.down) brush.fill();
  }
}

// What is shown beside the drawing: the picture that the network gets, ten bars, the maps of its layers. Knows nothing of drawing.
const LEAST = [70, 160, 255], NOTHING = [18, 18, 22], MOST = [255, 150, 50]; // colours of -1, 0 and 1

// pixels: bytes of a square. null: all black.
export function paintPicture(canvas, pixels) {
  paint(canvas, (i) => Array(3).fill(pixels ? pixels[i] : 0));
}

// pixel i has the colour colourOf(i), [red, green, blue]
function paint(canvas, colourOf) {
  const picture = new ImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; i++) picture.data.set([...colourOf(i), 255], 4 * i);
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

export function mapColour(value) {
  const end = value < 0 ? LEAST : MOST, part = Math.min(1, Math.abs(value));
  return NOTHING.map((from, i) => Math.round(from + part * (end[i] - from)));
}

export function newCanvas(side) {
  return Object.assign(document.createElement("canvas"), { width: side, height: side });
}

// Fills a list with a bar for each digit; what it returns shows ten probabilities, or none (null).
export function newBars(list) {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const row = document.createElement("li");
    row.innerHTML = `<b>${digit}</b><span class="bar"></span><span class="percent"></span>`;
    list.append(row);
    return row;
  });
  return function showBars(probabilities) {
    const best = probabilities ? largest(probabilities) : -1;
    rows.forEach((row, digit) => {
      const share = probabilities ? probabilities[digit] : 0;
      row.style.setProperty("--share", share);
      row.classList.toggle("best", digit === best);
      row.querySelector(".percent").textContent = probabilities ? `${(100 * share).toFixed(1)} %` : "";
    });
  };
}

export function largest(numbers) {
  return numbers.indexOf(Math.max(...numbers));
}

// What it returns shows the layers that network.js gives, a figure each below parent, or empty maps (null).
export function newMaps(parent) {
  const figures = new Map();
  return function showMaps(layers) {
    for (const layer of layers ?? []) {
      if (!figures.has(layer.name)) figures.set(layer.name, newFigure(parent, layer));
      const size = layer.side * layer.side;
      figures.get(layer.name).forEach((canvas, channel) => paint(canvas, (i) => mapColour(layer.values[channel * size + i])));
    }
    if (!layers) for (const canvas of [...figures.values()].flat()) paint(canvas, () => NOTHING);
  };
}

function newFigure(parent, { name, channels, side }) {
  const figure = document.createElement("figure");
  figure.id = name;
  figure.innerHTML = `<figcaption><b>${name}</b>, ${channels} maps of ${side}&times;${side}</figcaption><div class="sheet" role="img"></div>`;
  figure.querySelector(".sheet").setAttribute("aria-label", `${channels} feature maps`);
  const canvases = Array.from({ length: channels }, () => newCanvas(side));
  figure.querySelector(".sheet").append(...canvases);
  parent.append(figure);
  return canvases;
}

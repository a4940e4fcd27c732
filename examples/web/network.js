// LeNet-5 in WebAssembly: 28x28 bytes in, probabilities and maps out. Knows nothing of a page: node runs it, too.
export const SIDE = 28;

// bytes: build/digits.wasm. What it returns runs the network: pixels (0 black to 255 white, row by row) to
// { probabilities, layers }, a layer being { name, channels, side, values } with values in the order [channel][row][column].
export async function loadNetwork(bytes) {
  let layers;
  const { instance } = await WebAssembly.instantiate(bytes, { page: { after_layer } });
  const { memory, image, probs, run, _initialize } = instance.exports;
  _initialize();

  // The C calls this when a layer is computed; digits.c says how the result lies. It is copied, as what comes next overwrites it.
  function after_layer(name, first, channels, side, rowStep, columnStep) {
    const memoryBytes = new Uint8Array(memory.buffer);
    const from = new Float32Array(memory.buffer, first);
    const values = new Float32Array(channels * side * side);
    let at = 0;
    for (let channel = 0; channel < channels; channel++) {
      for (let row = 0; row < side; row++) {
        for (let column = 0; column < side; column++) {
          values[at++] = from[row * rowStep + column * columnStep + channel];
        }
      }
    }
    const letters = memoryBytes.subarray(name, memoryBytes.indexOf(0, name));
    layers.push({ name: new TextDecoder().decode(letters), channels, side, values });
  }

  return function runNetwork(pixels) {
    layers = [];
    new Float32Array(memory.buffer, image(), SIDE * SIDE).set(Array.from(pixels, (pixel) => pixel / 255));
    const status = run();
    if (status !== 0) throw new Error(`the network ends with status ${status}`);
    return { probabilities: new Float32Array(memory.buffer, probs(), 10).slice(), layers };
  };
}

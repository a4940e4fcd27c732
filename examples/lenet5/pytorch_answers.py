# PyTorch's answers to MNIST's test images, to compare with those of accuracy.c:
#   python3 pytorch_answers.py --data DIR --weights lenet5.safetensors --answers FILE
# FILE gets one digit a line, as from `accuracy --answers`; --probabilities FILE
# gets ten float32 for each image, as from `accuracy --probabilities`.

import argparse

import torch

import lenet5_torch


def main():
    parser = argparse.ArgumentParser(description="Answer MNIST's test images with PyTorch.")
    parser.add_argument("--data", required=True, help="directory of the MNIST idx files")
    parser.add_argument("--weights", required=True, help="safetensors file to read")
    parser.add_argument("--answers", help="text file to write, one digit a line")
    parser.add_argument("--probabilities", help="file of raw float32 to write")
    options = parser.parse_args()

    torch.set_num_threads(1)
    model = lenet5_torch.LeNet5()
    model.load_state_dict(lenet5_torch.read_safetensors(options.weights))
    images, labels = lenet5_torch.load_test_set(options.data)
    with torch.no_grad():
        probabilities = torch.cat([model(batch).softmax(1) for batch in images.split(1000)])
    answers = probabilities.argmax(1)
    if options.answers:
        with open(options.answers, "w", newline="\n") as file:
            file.writelines(f"{answer}\n" for answer in answers.tolist())
    if options.probabilities:
        probabilities.numpy().tofile(options.probabilities)
    right = (answers == labels).sum().item()
    print(f"accuracy: {right} of {len(labels)} ({100 * right / len(labels):.2f} %)")


if __name__ == "__main__":
    main()

# Trains the network of lenet5.cnn on MNIST and writes its weights:
#   python3 train.py --data DIR --out lenet5.safetensors
# AdamW with a warm-up and a cosine schedule, every image distorted afresh in
# every epoch. What is written is the moving average of the weights after the
# last step; no epoch is chosen by its accuracy. The test set is read once,
# at the end.

import argparse
import copy
import math
import time

import torch
from torch.nn import functional

import lenet5_torch

BATCH = 128
WARM_UP_STEPS = 500
AVERAGE_DECAY = 0.999
EVALUATION_BATCH = 1000


def distort(images, strength):
    """Turn, scale, shear, shift and bend each image, and thin or thicken its strokes."""
    count = len(images)

    def uniform(limit):
        return (torch.rand(count) * 2 - 1) * limit * strength

    angle = uniform(math.radians(12))
    shear = uniform(0.2)
    width = torch.exp(uniform(0.14))
    height = torch.exp(uniform(0.14))
    cosine, sine = torch.cos(angle), torch.sin(angle)
    affine = torch.stack(
        [
            torch.stack([cosine * width, (shear * cosine - sine) * height, uniform(0.12)], 1),
            torch.stack([sine * width, (shear * sine + cosine) * height, uniform(0.12)], 1),
        ],
        1,
    )
    grid = functional.affine_grid(affine, images.shape, align_corners=False)
    coarse_bend = torch.randn(count, 2, 6, 6) * (0.055 * strength)
    bend = functional.interpolate(coarse_bend, size=28, mode="bicubic", align_corners=True)
    distorted = functional.grid_sample(
        images, grid + bend.permute(0, 2, 3, 1), mode="bilinear", align_corners=False
    )
    thick = functional.max_pool2d(distorted, 3, stride=1, padding=1)
    thin = -functional.max_pool2d(-distorted, 3, stride=1, padding=1)
    change = uniform(0.5)[:, None, None, None]
    target = torch.where(change > 0, thick, thin)
    return distorted + change.abs() * (target - distorted)


def count_right(model, images, labels):
    model.eval()
    right = 0
    with torch.no_grad():
        for start in range(0, len(images), EVALUATION_BATCH):
            logits = model(images[start : start + EVALUATION_BATCH])
            right += (logits.argmax(1) == labels[start : start + EVALUATION_BATCH]).sum().item()
    return right


def accuracy_text(right, count):
    return f"{right} of {count} ({100 * right / count:.2f} %)"


def learning_rate_factor(step, step_count):
    """Linear warm-up, then half a cosine down to zero."""
    warm_up = min(1.0, (step + 1) / WARM_UP_STEPS)
    return warm_up * 0.5 * (1 + math.cos(math.pi * step / step_count))


def distortion_strength(epoch, epoch_count):
    """Full distortion for most of the time, weaker in the last fifth of the epochs."""
    return min(1.0, 0.4 + 3 * (1 - (epoch + 1) / epoch_count))


def train(model, sharpness, images, labels, held_images, held_labels, options):
    average = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=options.rate, weight_decay=options.weight_decay
    )
    step_count = options.epochs * (len(images) // BATCH)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step, step_count)
    )
    for epoch in range(options.epochs):
        started = time.time()
        strength = distortion_strength(epoch, options.epochs)
        loss_sum = 0.0
        batches = torch.randperm(len(images)).split(BATCH)
        if len(batches[-1]) < BATCH:
            batches = batches[:-1]
        for batch in batches:
            loss = functional.cross_entropy(
                model(distort(images[batch], strength)) * sharpness, labels[batch]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            loss_sum += loss.item()
            with torch.no_grad():
                for kept, current in zip(average.parameters(), model.parameters()):
                    kept.lerp_(current, 1 - AVERAGE_DECAY)
        line = f"epoch {epoch + 1}: loss {loss_sum / len(batches):.4f}"
        if len(held_images) > 0:
            right = count_right(average, held_images, held_labels)
            line += f", held out {accuracy_text(right, len(held_images))}"
        print(f"{line}, {time.time() - started:.1f} s", flush=True)
    return average


def main(make_model=lenet5_torch.LeNet5, name="lenet5", sharpness=1.0):
    """sharpness: what the model's scores are multiplied by to be logits."""
    parser = argparse.ArgumentParser(description=f"Train {name}.cnn on MNIST.")
    parser.add_argument("--data", required=True, help="directory of the MNIST idx files")
    parser.add_argument("--out", required=True, help="safetensors file to write")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--rate", type=float, default=0.003, help="highest learning rate")
    parser.add_argument("--weight-decay", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1998)
    parser.add_argument(
        "--hold-out", type=int, default=0, metavar="N",
        help="leave the last N training images out and report the accuracy on them",
    )
    options = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    images, labels = lenet5_torch.load_training_set(options.data)
    kept = len(images) - options.hold_out
    model = train(
        make_model(), sharpness, images[:kept], labels[:kept], images[kept:], labels[kept:], options
    )
    lenet5_torch.write_safetensors(
        options.out,
        model.state_dict(),
        f"{name} trained on MNIST by examples/{name}/train.py, "
        f"{options.epochs} epochs, seed {options.seed}",
    )
    test_images, test_labels = lenet5_torch.load_test_set(options.data)
    right = count_right(model, test_images, test_labels)
    print(f"test: {accuracy_text(right, len(test_images))}")


if __name__ == "__main__":
    main()

"""The large networks among the examples: where they stand, how many numbers they learn by the literature (running
statistics are not learned), and who else has them: `torchvision.NAME` or `timm.NAME`, whose names and shapes stand in
lists/; `here` is a few lines of PyTorch in peers.py. As a program it prints the files."""
import os

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))

NETWORKS = [  # folder, file, learned numbers, peer
    ("alexnet", "alexnet", 61100840, "torchvision.alexnet"),
    ("alexnet", "alexnet_2012", 60965224, "here"),
    ("vgg", "vgg16", 138357544, "torchvision.vgg16"),
    ("vgg", "vgg16_bn", 138365992, "torchvision.vgg16_bn"),
    ("vgg", "vgg19", 143667240, "torchvision.vgg19"),
    ("vgg", "vgg19_bn", 143678248, "torchvision.vgg19_bn"),
    ("googlenet", "googlenet", 6624904, "torchvision.googlenet"),
    ("googlenet", "googlenet_2014", 6998552, "here"),
    ("inception_v3", "inception_v3", 23834568, "torchvision.inception_v3"),
    ("inception_v4", "inception_v4", 42679816, "timm.inception_v4"),
    ("xception", "xception", 22855952, "timm.xception"),
    ("resnet", "resnet18", 11689512, "torchvision.resnet18"),
    ("resnet", "resnet34", 21797672, "torchvision.resnet34"),
    ("resnet", "resnet50", 25557032, "torchvision.resnet50"),
    ("resnet", "resnet101", 44549160, "torchvision.resnet101"),
    ("resnet", "resnet152", 60192808, "torchvision.resnet152"),
    ("squeezenet", "squeezenet1_0", 1248424, "torchvision.squeezenet1_0"),
    ("squeezenet", "squeezenet1_1", 1235496, "torchvision.squeezenet1_1"),
    ("mobilenet", "mobilenet_v1", 4231976, "here"),
    ("mobilenet", "mobilenet_v2", 3504872, "torchvision.mobilenet_v2"),
    ("densenet", "densenet121", 7978856, "torchvision.densenet121"),
    ("shufflenet", "shufflenet_v2", 2278604, "torchvision.shufflenet_v2_x1_0"),
]


def path_of(folder, name):
    return os.path.join(ROOT, "examples", folder, name + ".cnn")


def list_of(name):
    return os.path.join(ROOT, "tests/networks/lists", name + ".txt")


if __name__ == "__main__":
    print("\n".join(path_of(network[0], network[1]) for network in NETWORKS))

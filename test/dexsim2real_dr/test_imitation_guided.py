"""A student that says what the simulator knows."""

from dataclasses import replace

import torch

from dexsim2real_description import make_cell
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_dr.imitation.guided import FEATURES, Guided, guided
from dexsim2real_dr.imitation.learner import Learner, LearnerConfig, imitation
from dexsim2real_dr.imitation.samples import Samples
from dexsim2real_policy.tvcap import Tvcap, TvcapConfig, VisionConfig

SEEN = ObservationSpec.of_cell(make_cell(), cameras=("front",), image_size=(14, 14))
SPEC = replace(SEEN, touch_layout=None, taxels=0)  # without touch it learns faster
NETWORK = TvcapConfig(
    vision=VisionConfig(patch=7, width=16, depth=1, heads=2), width=16, heads=2, decoder_layers=1, chunk=2
)
CONFIG = LearnerConfig(steps=250, batch=32, learning_rate=2e-3, averaging=0.9)


def samples(steps: int, seed: int) -> Samples:
    """A bright patch of the image is where the two features say; nothing is to be done."""
    inputs = {name: torch.zeros((steps, *shape)) for name, shape in SPEC.shapes.items() if name != "images"}
    place = torch.randint(2, (steps, 2), generator=torch.Generator().manual_seed(seed))
    images = torch.zeros((steps, *SPEC.shapes["images"]), dtype=torch.uint8)
    for image, (row, column) in zip(images, place.tolist(), strict=True):
        image[0, 7 * row : 7 * row + 7, 7 * column : 7 * column + 7] = 200
    return Samples({**inputs, "images": images, FEATURES: 3.0 + 0.1 * place}, torch.zeros(steps, 2, 23))


def learner(loss=guided) -> Learner:
    torch.manual_seed(0)
    return Learner(Guided(Tvcap(SPEC, NETWORK), 2), samples(64, 0), CONFIG, seed=1, loss=loss)


def test_it_learns_from_images_to_say_where_something_is():
    pupil, unseen = learner(), samples(64, 1)
    assert pupil.policy.blindness([unseen]) > 0.8
    list(pupil.fit([samples(256, 2)], CONFIG.steps))
    with torch.no_grad():
        told = pupil.policy.both(unseen.inputs)[1]
    place = (unseen.inputs[FEATURES] - 3.0) / 0.1
    assert ((told > 0) == (place > 0.5)).float().mean() > 0.95
    assert pupil.policy.blindness([unseen]) < 0.5


def test_it_is_not_asked_where_only_actions_are_learned():
    pupil = learner(imitation)
    list(pupil.fit([samples(64, 2)], 2))
    assert pupil.network.say.weight.grad is None


def test_what_it_does_is_what_the_network_alone_does_and_needs_no_features():
    pupil = learner()
    blind = {name: value for name, value in samples(8, 3).inputs.items() if name != FEATURES}
    with torch.no_grad():
        torch.testing.assert_close(pupil.policy(blind), pupil.policy.network(blind))
        torch.testing.assert_close(pupil.policy(blind), pupil.policy.both(blind)[0])

"""From a signed release to answers on an offline device: ``pack`` makes a bundle, ``runtime`` answers."""

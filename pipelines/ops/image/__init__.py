"""The image, built and tried with whatever builds images on this machine."""

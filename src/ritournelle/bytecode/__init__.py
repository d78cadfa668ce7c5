"""Code that Python would compile anew in each process, kept between processes as Python keeps that of modules."""

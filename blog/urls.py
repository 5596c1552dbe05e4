from django.urls import path

from . import views
from .feeds import ArticleFeed

app_name = "blog"
urlpatterns = [
    path("articles/", views.article_list, name="article_list"),
    path("articles/feed/", ArticleFeed(), name="feed"),
    path("articles/<slug:slug>/", views.article_detail, name="article_detail"),
    path("conditions/<slug:slug>/articles/", views.article_list, name="condition_articles"),
    path("conditions/<slug:slug>/feed/", ArticleFeed(), name="condition_feed"),
]
